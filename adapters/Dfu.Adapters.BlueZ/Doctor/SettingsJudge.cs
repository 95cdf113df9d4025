using System.Globalization;

namespace Dfu.Adapters.BlueZ.Doctor;

/// <summary>Settings in bluetoothd's main.conf that hurt updates.</summary>
internal static class SettingsJudge
{
    private const int DefaultTemporaryTimeout = 30;
    private const int ShortTemporaryTimeout = 120;

    // The kernel's own: 42 times 10 ms. A link that is silent so long is given up, and one link in thirty was seen to be.
    private const int KernelSupervisionTimeout = 42;
    private const int ShortSupervisionTimeout = 200;

    // Of 1.25 ms: what bootloaders ask for themselves.
    private const int GoodInterval = 12;
    private const int LongInterval = 24;

    public static IEnumerable<Finding> Of(HostFacts facts)
    {
        // Without bluetoothd its settings are nobody's.
        if (facts.Settings is null && facts.LacksDaemon) yield break;
        var conf = facts.Settings ?? MainConf.Parse("");
        if (conf.BadLine is { } number)
        {
            yield return new(
                "main.conf",
                Verdict.Hint,
                string.Create(CultureInfo.InvariantCulture, $"line {number} is not understood, and because of it bluetoothd passes over the whole file"),
                string.Create(
                    CultureInfo.InvariantCulture, $"{facts.SettingsPath}, line {number}: a heading like [General], 'key = value' below one, or # before it"));
        }

        yield return Cache(conf, facts.SettingsPath);
        yield return TemporaryTimeout(conf, facts.SettingsPath);
        yield return Parameters(conf, facts);
        yield return Mtu(conf, facts.SettingsPath);
        yield return Channels(conf);
        if (conf["General", "ControllerMode"] == "bredr")
            yield return new("ControllerMode", Verdict.Problem, "bredr turns Bluetooth LE off", Line(facts.SettingsPath, "General", "ControllerMode = dual"));
        if (conf.Flag("Policy", "AutoEnable") == false)
            yield return new(
                "AutoEnable", Verdict.Hint, "false leaves adapters off after a start and when they are plugged in",
                Line(facts.SettingsPath, "Policy", "AutoEnable = true"));
    }

    internal static string Line(string path, string section, string line) => $"{path}, [{section}]: {line}";

    private static Finding Cache(MainConf conf, string path) => conf["GATT", "Cache"] switch
    {
        "no" => new("Cache", Verdict.Ok, "services are read afresh on every link"),
        "yes" =>
            new(
                "Cache", Verdict.Hint,
                "services of paired devices are cached: one that bonds has the same address in its bootloader, and is then spoken to as what it was before",
                Line(path, "GATT", "Cache = no")),
        var value =>
            new(
                "Cache", Verdict.Hint,
                $"{(value is null ? "always, the default," : value == "always" ? value : $"always, as which bluetoothd takes '{value}',")} keeps "
                    + "services over links: after an update they may be other ones at the same address",
                Line(path, "GATT", "Cache = no")),
    };

    private static Finding TemporaryTimeout(MainConf conf, string path)
    {
        var seconds = conf.Number("General", "TemporaryTimeout");
        return (seconds ?? DefaultTemporaryTimeout) switch
        {
            // What main.conf's own comment says of 0 is the contrary of what bluetoothd does.
            0 =>
                new(
                    "TemporaryTimeout", Verdict.Ok,
                    "0: devices that were heard once are never forgotten; where many strangers pass by, 300 keeps bluetoothd small"),
            < ShortTemporaryTimeout and var few => new(
                "TemporaryTimeout",
                Verdict.Hint,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{few} s{(seconds is null ? ", the default" : "")}: a device that waits longer for its turn is forgotten and must be heard again "
                        + $"before it can be connected to"),
                Line(path, "General", "TemporaryTimeout = 300")),
            var many => new("TemporaryTimeout", Verdict.Ok, string.Create(CultureInfo.InvariantCulture, $"{many} s")),
        };
    }

    private static Finding Parameters(MainConf conf, HostFacts facts)
    {
        const string Topic = "connection";
        if (facts.Process.MayConfigure) return new(Topic, Verdict.Ok, "interval and supervision timeout are set for each device as it is connected to");
        var interval = conf.Number("LE", "MaxConnectionInterval");
        var timeout = conf.Number("LE", "ConnectionSupervisionTimeout") ?? KernelSupervisionTimeout;
        if (timeout >= ShortSupervisionTimeout && interval is <= LongInterval)
            return new(
                Topic, Verdict.Ok,
                string.Create(CultureInfo.InvariantCulture, $"interval up to {interval * 1.25} ms, given up after {timeout * 10} ms of silence"));
        var what = timeout < ShortSupervisionTimeout
            ? string.Create(CultureInfo.InvariantCulture, $"a link counts as lost after {timeout * 10} ms of silence")
            : "a connection interval above 30 ms makes updates slow";
        return new(
            Topic,
            Verdict.Hint,
            what + ", and this process may not change that (CAP_NET_ADMIN)",
            Line(
                facts.SettingsPath, "LE",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"MinConnectionInterval={GoodInterval} MaxConnectionInterval={GoodInterval} ConnectionLatency=0 ConnectionSupervisionTimeout=500 "
                        + $"(a line each)")));
    }

    private static Finding Mtu(MainConf conf, string path)
    {
        const int Default = 517;
        const int Enough = 247;
        var mtu = conf.Number("GATT", "ExchangeMTU") ?? Default;
        var remedy = Line(path, "GATT", "ExchangeMTU = 517");
        return mtu switch
        {
            // bluetoothd 5.66 then fails to set up its own socket on every adapter.
            <= 23 => new("ExchangeMTU", Verdict.Problem, string.Create(CultureInfo.InvariantCulture, $"{mtu}: bluetoothd takes no adapter with it"), remedy),
            < Enough =>
                new("ExchangeMTU", Verdict.Hint, string.Create(CultureInfo.InvariantCulture, $"{mtu} makes packets smaller than devices can take"), remedy),
            _ => new("ExchangeMTU", Verdict.Ok, string.Create(CultureInfo.InvariantCulture, $"{mtu}")),
        };
    }

    private static Finding Channels(MainConf conf) => (conf.Number("GATT", "Channels") ?? 3) switch
    {
        1 => new("Channels", Verdict.Ok, "1"),
        var many => new("Channels", Verdict.Ok, string.Create(CultureInfo.InvariantCulture, $"{many}: does no harm, for Nordic's bootloaders have only one")),
    };
}
