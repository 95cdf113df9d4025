using System.Diagnostics;
using System.Globalization;
using System.Net;
using Dfu.Client;
using Dfu.Fleet.Campaigns;
using Dfu.Protocol.Packages;
using Dfu.Silo.Simulation;

namespace Dfu.Benchmarks.Endurance;

/// <summary>A virtual farm that is updated again and again, each time with another build: nothing may grow but what is kept on purpose.</summary>
/// <remarks>Nothing that is over is deleted within an hour, so the database is measured by the campaigns that it keeps; that years of them are deleted, too, is
/// what the benchmark <c>station</c> shows.</remarks>
internal static class EnduranceBenchmark
{
    private const int ImageBytes = 64 * 1024;

    /// <returns>0 when all is flat and every campaign succeeded.</returns>
    public static async Task<int> RunAsync(double minutes, string? svg)
    {
        Measured[] all =
        [
            new("working set", "MB", 1e6, 0.10, 0),
            new("objects alive", "MB", 1e6, 0.10, 0),
            new("handles", "", 1, 0.05, 2),
            new("threads", "", 1, 0.10, 3),
            new("database", "KB per campaign kept", 1e3, 0.10, 0),
        ];
        var directory = Directory.CreateTempSubdirectory("dfu-endurance-");
        try
        {
            var start = new ProcessStartInfo("dotnet", [typeof(EnduranceBenchmark).Assembly.Location, EnduranceServer.Role, directory.FullName])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };

            // As the command itself is built.
            start.Environment["DOTNET_TieredPGO"] = "0";
            using var server = Process.Start(start)!;
            var gateway = IPEndPoint.Parse(await server.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the server did not start"));
            var began = TimeProvider.System.GetTimestamp();
            double Minutes() => TimeProvider.System.GetElapsedTime(began).TotalMinutes;
            var (campaigns, failed, kept) = (0, 0, 0);
            var sampling = Task.Run(async () =>
            {
                while (await server.StandardOutput.ReadLineAsync() is { } line)
                {
                    var values = line.Split(' ').Select(static text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
                    values[^1] /= Math.Max(1, campaigns);
                    for (var i = 0; i < all.Length; i++) all[i].Add(Minutes(), values[i]);
                }
            });
            var options = new FleetClientOptions();
            options.Gateways.Add(gateway);
            await using (var client = new FleetClient(options))
            {
                for (; Minutes() < minutes; campaigns++)
                {
                    await using var campaign = await client.StartAsync(Request(campaigns + 1), CancellationToken.None);
                    if ((await campaign.WaitAsync(CancellationToken.None)).Outcome != CampaignOutcome.Succeeded) failed++;
                }

                kept = (await client.CampaignsAsync(CancellationToken.None)).Length;
            }

            var lasted = Minutes();
            server.StandardInput.Close();
            await server.WaitForExitAsync();
            await sampling;
            return Say(all, svg, lasted, campaigns, failed, kept);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static int Say(Measured[] all, string? svg, double minutes, int campaigns, int failed, int kept)
    {
        var what = string.Create(
            CultureInfo.InvariantCulture,
            $"{campaigns} campaigns of {EnduranceServer.Devices} devices, {ImageBytes / 1024} KiB each: {minutes:0} minutes, in which the devices live for "
                + $"{minutes * EnduranceServer.TimeScale / 60:0.#} hours");
        Console.WriteLine($"{what}; {failed} did not succeed, {kept} are kept");
        Console.WriteLine($"{"median of",-12}{"2nd",10}{"last",10} quarter");
        foreach (var measured in all) Console.WriteLine(measured);
        if (svg is not null) File.WriteAllText(svg, EndurancePlot.Of("What a server takes over time", what, all));
        var flat = all.All(static measured => measured.IsFlat);
        Console.WriteLine(flat ? "all is flat" : "something grows");
        return flat && failed == 0 ? 0 : 1;
    }

    private static CampaignRequest Request(int number)
    {
        var firmware = new byte[ImageBytes];
        new Random(number).NextBytes(firmware);
        var file = PackageWriter.Create(
            new PackageContents
            {
                Application = new FirmwareFile("app", firmware),
                ApplicationVersion = (uint)number + 1,
                HwVersion = SimulationSettings.HwVersion,
                SdReq = [0xFFFE],
            },
            null);
        return new()
        {
            Package = PackageReader.Read(file, publicKey: null),
            PackageFile = file,
            Targets = new() { All = true, Count = EnduranceServer.Devices },
        };
    }
}
