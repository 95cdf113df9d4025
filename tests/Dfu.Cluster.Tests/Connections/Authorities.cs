using Dfu.Cluster.Tests.Support;
using Dfu.Grains.Connections;
using Dfu.Silo.Serve;

namespace Dfu.Cluster.Tests.Connections;

/// <summary>Certificates of two authorities, as they are and out of date.</summary>
internal sealed class Authorities : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <summary>Behind by half a year: certificates that are out of date were in force then.</summary>
    public static TimeProvider Behind { get; } = new ShiftedTime(TimeSpan.FromDays(-180));

    public Authorities()
    {
        // Made two years and a day ago: valid for two years, and their authority for ten.
        var once = new ShiftedTime(TimeSpan.FromDays(-(2 * 365.25) - 1));
        TrialCertificates.Make(Folder("right"), ["old"], once);
        foreach (var part in new[] { "", "-key" })
            File.Move(Path.Combine(Folder("right"), $"client{part}.pem"), Path.Combine(Folder("right"), $"oldclient{part}.pem"));
        TrialCertificates.Make(Folder("right"), ["north", "south"], new ShiftedTime(TimeSpan.FromDays(-365)));
        TrialCertificates.Make(Folder("other"), ["north"], new ShiftedTime(TimeSpan.FromDays(-365)));
        File.WriteAllText(Both, File.ReadAllText(Path.Combine(Folder("right"), "ca.pem")) + File.ReadAllText(Path.Combine(Folder("other"), "ca.pem")));
    }

    public TlsFiles North => Files("right", "north");

    public TlsFiles South => Files("right", "south");

    public TlsFiles Client => Files("right", "client");

    /// <summary>Of another cluster.</summary>
    public TlsFiles Stranger => Files("other", "client");

    public TlsFiles StrangeMember => Files("other", "north");

    /// <summary>Accepts the right members, who do not accept it.</summary>
    public TlsFiles TrustingStranger => Files("other", "client") with { Authority = Both };

    public TlsFiles TrustingStrangeMember => Files("other", "north") with { Authority = Both };

    public TlsFiles OldClient => Files("right", "oldclient");

    public TlsFiles OldMember => Files("right", "old");

    private string Both => Path.Combine(_directory.Path, "both.pem");

    public void Dispose() => _directory.Dispose();

    public string Folder(string authority) => Path.Combine(_directory.Path, authority);

    public TlsFiles Files(string authority, string name) => new()
    {
        Certificate = Path.Combine(Folder(authority), $"{name}.pem"),
        Key = Path.Combine(Folder(authority), $"{name}-key.pem"),
        Authority = Path.Combine(Folder(authority), "ca.pem"),
    };

    /// <summary>The time of a host whose calendar is wrong.</summary>
    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
