using System.Globalization;
using System.Text.Json.Nodes;
using Dfu.Cli.Arguments;
using Dfu.Protocol.Links;

namespace Dfu.Cli.CampaignFiles;

/// <summary>What single values are right, and what they mean. Whoever reads a value has had it checked by the shape made here.</summary>
internal static class Values
{
    private static readonly string[] MomentForms =
    [
        "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss",
        "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd HH:mm:sszzz",
        "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'",
    ];

    private static readonly string[] DayWords = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

    public static Shape Text(int longest, string what, Func<string, bool>? fits = null) => new ValueShape(
        what,
        value => value.Notation != Notation.Literal && value.Text.Length >= 1 && value.Text.Length <= longest && !value.Text.Any(char.IsControl)
            && fits?.Invoke(value.Text) != false,
        () => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = longest });

    public static Shape Choice(params string[] words) => new ValueShape(
        $"one of {string.Join(", ", words)}",
        value => value.Notation != Notation.Literal && words.Contains(value.Text),
        () => new() { ["enum"] = new JsonArray([.. words.Select(static word => (JsonNode)word)]) })
    {
        Known = () => words,
    };

    public static Shape Whole(int least, int most) => new ValueShape(
        $"a whole number from {least} to {most}",
        value => value.Notation != Notation.Quoted && TryWhole(value.Text, out var number) && number >= least && number <= most,
        () => new() { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most });

    public static Shape Percent() => new ValueShape(
        "a number above 0 and at most 100",
        static value => value.Notation != Notation.Quoted && TryNumber(value.Text, out var number) && number is > 0 and <= 100,
        static () => new() { ["type"] = "number", ["exclusiveMinimum"] = 0, ["maximum"] = 100 });

    public static Shape Flag() => new ValueShape(
        "true or false",
        static value => value.Notation != Notation.Quoted && value.Text is "true" or "false",
        static () => new() { ["type"] = "boolean" })
    {
        Known = static () => ["true", "false"],
    };

    /// <summary>A number of seconds, or a text such as 90s or 2min.</summary>
    public static Shape Time(TimeSpan least, TimeSpan most) => new ValueShape(
        $"a time from {Words(least)} to {Words(most)} such as 90s or 2min",
        value => TryTime(value.Text, out var time) && time >= least && time <= most,
        () => new()
        {
            ["oneOf"] = new JsonArray(
                new JsonObject { ["type"] = "number", ["minimum"] = least.TotalSeconds, ["maximum"] = most.TotalSeconds },
                new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9]+(\\.[0-9]+)? ?(ms|s|sec|seconds|m|min|minutes|h|hours)?$" }),
        });

    public static Shape Moment() => new ValueShape(
        "a time such as 2026-12-01T18:00, or 2026-12-01T18:00+01:00",
        static value => value.Notation != Notation.Literal && TryMoment(value.Text, TimeZoneInfo.Utc, out _),
        static () => new()
        {
            ["type"] = "string",
            ["pattern"] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?$",
        });

    public static Shape TimeOfDay() => new ValueShape(
        "a time of day such as 18:00",
        static value => value.Notation != Notation.Literal && TryTimeOfDay(value.Text, out _),
        static () => new() { ["type"] = "string", ["pattern"] = "^([01]?[0-9]|2[0-3]):[0-5][0-9]$|^24:00$" });

    public static Shape Day() => Choice([.. DayWords[1..], DayWords[0], .. DayWords[1..].Append(DayWords[0]).Select(static word => word[..3])]);

    public static Shape Zone() => new ValueShape(
        "a time zone such as Europe/Berlin",
        static value => value.Notation != Notation.Literal && TimeZoneInfo.TryFindSystemTimeZoneById(value.Text, out _),
        static () => new() { ["type"] = "string", ["minLength"] = 1 })
    {
        Known = static () => TimeZoneInfo.GetSystemTimeZones().Select(static zone => zone.Id),
    };

    public static Shape Address() => new ValueShape(
        "an address such as C0:98:76:54:32:10",
        static value => value.Notation != Notation.Literal && BluetoothAddress.TryParse(value.Text, out _),
        static () => new() { ["type"] = "string", ["pattern"] = "^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$" });

    public static Shape Characteristic() => new ValueShape(
        "a characteristic such as 0x2A26, or its UUID",
        static value => TryCharacteristic(value.Text, out _),
        static () => new()
        {
            ["type"] = "string",
            ["pattern"] = "^0x[0-9A-Fa-f]{4}$|^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
        });

    public static bool TryWhole(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    public static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    public static bool TryTime(string text, out TimeSpan time) => Quantities.TryParseDuration(text, out time);

    /// <param name="zone">Of a time without an offset.</param>
    public static bool TryMoment(string text, TimeZoneInfo zone, out DateTimeOffset moment)
    {
        moment = default;
        if (!DateTime.TryParseExact(text, MomentForms, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var read)) return false;
        if (text[^1] == 'Z' || text.LastIndexOfAny(['+', '-']) > "yyyy-MM-dd".Length) moment = new(DateTime.SpecifyKind(read, DateTimeKind.Utc));
        else moment = new(read, zone.GetUtcOffset(read));
        return true;
    }

    /// <summary>24:00 is the end of the day, which is the beginning of the next.</summary>
    public static bool TryTimeOfDay(string text, out TimeOnly time) =>
        TimeOnly.TryParseExact(text == "24:00" ? "00:00" : text, "H:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    public static DayOfWeek DayOf(string word) => (DayOfWeek)Array.FindIndex(DayWords, day => day == word || day[..3] == word);

    public static bool TryCharacteristic(string text, out Guid characteristic)
    {
        if (Guid.TryParseExact(text, "D", out characteristic)) return true;
        if (text is not ['0', 'x' or 'X', .. { Length: 4 } digits] || !digits.All(char.IsAsciiHexDigit)) return false;

        // Bluetooth's base UUID: what has 16 bits is short for this.
        characteristic = Guid.ParseExact($"0000{digits}-0000-1000-8000-00805F9B34FB", "D");
        return true;
    }

    private static string Words(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => $"{time.TotalMilliseconds:0}ms",
        { TotalMinutes: < 1 } => $"{time.TotalSeconds:0}s",
        { TotalHours: < 1 } => $"{time.TotalMinutes:0}min",
        _ => $"{time.TotalHours:0}h",
    };
}
