using System.Collections.Immutable;
using System.Text;
using Dfu.Fleet.AccessKeys;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Audit;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Retention;
using Dfu.Fleet.Storage;
using Dfu.Fuzz.Engine;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Fuzz.Targets;

/// <summary>Documents as they are stored. A damaged one is refused with a code, never half read: what is read is what is written again.</summary>
internal sealed class StoredTarget : IFuzzTarget
{
    private static readonly Action<byte[]>[] Readers =
    [
        Read<DeviceRecord>, Read<DeviceState>, Read<DeviceHistory>, Read<DevicePassport>, Read<CampaignState>, Read<CampaignSummary>, Read<CampaignLabels>,
        Read<ClassState>, Read<DirectoryState>, Read<AdapterState>, Read<RetentionState>, Read<AuditPage>, Read<AuditHead>, Read<AccessKeysState>,
        Read<ImmutableArray<DeviceEvent>>, Read<ImmutableArray<CampaignEvent>>,
    ];

    public string Name => "stored";

    public int Longest => 8192;

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            var (device, at) = (BluetoothAddress.Parse("C0:98:76:54:32:10"), new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero));
            yield return Of(14, ImmutableArray.Create<DeviceEvent>(new DeviceEvent.PhaseChanged(1, default, at)));
            yield return Of(8, new DirectoryState());
            yield return Of(10, new RetentionState());
            yield return Of(12, new AuditHead());
            yield return Of(13, new AccessKeysState());
            yield return Of(6, new CampaignLabels { Labels = [new(device) { Serial = "1" }] });
        }
    }

    public void Run(byte[] input)
    {
        if (input.Length == 0) return;
        try
        {
            Readers[input[0] % Readers.Length](input[1..]);
        }
        catch (DfuException e) when (e.Error is DfuError.DataDirectoryUnusable or DfuError.DataDirectoryForeign)
        {
            // It says so.
        }
    }

    private static byte[] Of<T>(int reader, T document) => [(byte)reader, .. FleetJson.WriteBytes(document)];

    private static void Read<T>(byte[] json)
    {
        var written = FleetJson.WriteBytes(FleetJson.Read<T>(json));
        var again = FleetJson.WriteBytes(FleetJson.Read<T>(written));
        if (!written.AsSpan().SequenceEqual(again))
            throw new Flaw($"a {typeof(T).Name} is not what was written: {Encoding.UTF8.GetString(written)} and then {Encoding.UTF8.GetString(again)}");
    }
}
