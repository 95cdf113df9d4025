using System.Globalization;

namespace Dfu.Adapters.BlueZ.Doctor;

/// <summary>bluetoothd's settings: sections, keys and values, as GLib's key files have them.</summary>
internal sealed class MainConf
{
    private readonly Dictionary<(string Section, string Key), string> _values = [];

    /// <summary>
    /// The first line that is none, from 1: because of it bluetoothd passes over the whole file, and everything has its default. Null when all are
    /// fine.
    /// </summary>
    public int? BadLine { get; private init; }

    /// <summary>Of a key that is there twice the last one counts. There are no comments behind values, and spaces at the end belong to them.</summary>
    public static MainConf Parse(string text)
    {
        var conf = new MainConf();
        string? section = null;
        foreach (var (number, raw) in text.Split('\n').Index())
        {
            var line = raw.EndsWith('\r') ? raw[..^1].TrimStart() : raw.TrimStart();
            if (line.Length == 0 || line[0] == '#') continue;
            if (line[0] == '[' && line.TrimEnd() is [_, .. { Length: > 0 } name, ']'] && !name.AsSpan().ContainsAny('[', ']')) section = name;
            else if (line[0] != '[' && section is not null && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                conf._values[(section, line[..equals].TrimEnd())] = line[(equals + 1)..].TrimStart();
            else return new() { BadLine = number + 1 };
        }

        return conf;
    }

    /// <summary>Null when the key is absent, and has its default.</summary>
    public string? this[string section, string key] => _values.GetValueOrDefault((section, key));

    /// <summary>A number ends at a space.</summary>
    public int? Number(string section, string key) =>
        int.TryParse(this[section, key]?.Split([' ', '\t'], 2)[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    public bool? Flag(string section, string key) => this[section, key]?.TrimEnd() switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => null,
    };
}
