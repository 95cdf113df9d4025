using System.Globalization;

namespace Dfu.Adapters.BlueZ.Doctor;

/// <summary>bluetoothd's settings: sections, keys and values, as GLib's key files have them.</summary>
internal sealed class MainConf
{
    private readonly Dictionary<(string Section, string Key), string> _values = [];

    /// <summary>What cannot be read is passed over, as bluetoothd does; of a key that is there twice the last one counts.</summary>
    public static MainConf Parse(string text)
    {
        var conf = new MainConf();
        var section = "";
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (line[0] == '[' && line[^1] == ']') section = line[1..^1];
            else if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals) conf._values[(section, line[..equals].TrimEnd())] = line[(equals + 1)..].TrimStart();
        }

        return conf;
    }

    /// <summary>Null when the key is absent, and has its default.</summary>
    public string? this[string section, string key] => _values.GetValueOrDefault((section, key));

    public int? Number(string section, string key) =>
        int.TryParse(this[section, key], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    public bool? Flag(string section, string key) => this[section, key] switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => null,
    };
}
