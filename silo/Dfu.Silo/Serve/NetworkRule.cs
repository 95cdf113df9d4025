using System.Net;
using Dfu.Grains.Connections;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Dfu.Silo.Serve;

/// <summary>Nobody is let in without a certificate where others than this machine could connect.</summary>
internal static class NetworkRule
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    /// <param name="address">Where the member listens.</param>
    /// <exception cref="DfuException">NetworkInsecure.</exception>
    public static void Check(IPAddress address, bool hasCertificates, bool insecureNetwork)
    {
        if (hasCertificates || insecureNetwork || IPAddress.IsLoopback(address)) return;
        throw new DfuException(DfuError.NetworkInsecure, $"others could connect to {address}, and there are no certificates to tell them from strangers");
    }

    /// <summary>Says what an operator should change although it works.</summary>
    public static void Warn(TlsFiles? files, ClusterTls? tls, ILogger log, TimeProvider time)
    {
        if (tls is null || files is null) return;
        if (tls.EndsAt - time.GetUtcNow() < Soon)
            log.CertificateEnds(files.Certificate, tls.EndsAt);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(files.Key) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
            log.KeyReadable(files.Key);
    }

    /// <summary>Asks the members that are there whether they take this one: Orleans would try for a minute and then say that nobody answers.</summary>
    /// <exception cref="DfuException">CertificateRefused.</exception>
    public static async Task AskAsync(IMembershipTable table, ClusterTls? tls, TimeProvider time, CancellationToken cancellationToken)
    {
        var members = (await table.ReadAllAsync(cancellationToken)).Members.Select(static member => member.Item1);
        await Task.WhenAll(members.Where(static member => member.Status == SiloStatus.Active).Select(async member =>
        {
            var endpoint = member.SiloAddress.Endpoint;
            if (await TlsProbe.WhyNotAsync(endpoint, tls, time, cancellationToken) is { } why)
                throw new DfuException(DfuError.CertificateRefused, $"the member '{member.SiloName}' at {endpoint} cannot be talked to: {why}");
        }));
    }
}
