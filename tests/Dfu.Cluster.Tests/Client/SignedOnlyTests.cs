using System.Security.Cryptography;
using Dfu.Adapters.Simulated;
using Dfu.Cluster.Tests.Postgres;
using Dfu.Cluster.Tests.Support;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages;
using Dfu.Silo.Serve;
using Dfu.Silo.Storage.Postgres;

namespace Dfu.Cluster.Tests.Client;

/// <summary>A server with <c>--public-key</c> takes no package that is not signed for it, whoever brings it.</summary>
[Collection(PostgresServer.Collection)]
public sealed class SignedOnlyTests(PostgresServer database) : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ECDsa _key = DfuKeys.Generate();
    private readonly ECDsa _other = DfuKeys.Generate();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _key.Dispose();
        _other.Dispose();
        _directory.Dispose();
    }

    private ServerSettings Keyed(ServerSettings settings) => settings with { PublicKey = DfuKeys.PublicPem(_key) };

    private static CampaignRequest Request(ECDsa? key, bool brought = true)
    {
        var file = PackageWriter.Create(
            new() { Application = new FirmwareFile("app", new byte[4 * 4096]), ApplicationVersion = 2, HwVersion = 52, SdReq = [0xFFFE] }, key);
        return new() { Package = PackageReader.Read(file, null), PackageFile = brought ? file : default, Targets = new() { All = true, Count = 2 } };
    }

    [Fact]
    public async Task A_client_gets_only_signed_packages_in()
    {
        await using var server = await Server.StartAsync(null, "alone", Keyed, TimeProvider.System, "sim:devices=2,time-scale=20");
        await using var client = server.Client();
        Assert.Equal(DfuError.SignatureMissing, (await Assert.ThrowsAsync<DfuException>(() => client.StartAsync(Request(null), None))).Error);
        Assert.Equal(DfuError.SignatureInvalid, (await Assert.ThrowsAsync<DfuException>(() => client.StartAsync(Request(_other), None))).Error);
        Assert.Equal(DfuError.PackageNotFound, (await Assert.ThrowsAsync<DfuException>(() => client.StartAsync(Request(_key, brought: false), None))).Error);
        Assert.Empty(await client.CampaignsAsync(None));

        await using var campaign = await client.StartAsync(Request(_key), None);
        Assert.Equal(CampaignOutcome.Succeeded, (await campaign.WaitAsync(None).Soon()).Outcome);
    }

    [Fact]
    public async Task A_package_that_was_stored_before_there_was_a_key_starts_no_campaign()
    {
        ServerSettings Kept(ServerSettings settings) => settings with { DataDirectory = _directory.Path };
        await using (var before = await Server.StartAsync(null, "alone", Kept, TimeProvider.System, "sim:devices=2,time-scale=20"))
        {
            await using var client = before.Client();
            await using var campaign = await client.StartAsync(Request(null), None);
            await campaign.WaitAsync(None).Soon();
        }

        await using var after = await Server.StartAsync(null, "alone", settings => Keyed(Kept(settings)), TimeProvider.System, "sim:devices=2,time-scale=20");
        await using var again = after.Client();
        Assert.Equal(DfuError.SignatureMissing, (await Assert.ThrowsAsync<DfuException>(() => again.StartAsync(Request(null, brought: false), None))).Error);
    }

    [PostgresFact]
    public async Task What_another_member_let_in_touches_no_radio_of_this_one()
    {
        var connection = await database.CreateDatabaseAsync();
        await PostgresSchema.InitAsync(connection, None);

        // Alone, so that the package is put and the campaign begun where there is no key.
        await using var lax = await Server.StartAsync(connection, "lax");
        await using var client = lax.Client();
        var request = Request(null) with { Targets = new() { Addresses = [VirtualDeviceOptions.AddressFor(1, 0)] } };
        await using var campaign = await client.StartAsync(request, None);
        var before = campaign.Snapshot();
        Assert.Equal(CampaignOutcome.Running, before.Outcome);

        await using var strict = await Server.StartAsync(connection, "strict", Keyed, TimeProvider.System, "sim:devices=1,time-scale=20");
        var device = Assert.Single((await campaign.WaitAsync(None).Soon()).Devices);
        Assert.Equal((DeviceOutcome.Failed, DfuError.SignatureMissing, 0L), (device.Outcome, device.Error, device.BytesSent));
    }
}
