using Dfu.Adapters.Simulated.Devices;
using Dfu.Protocol.Links;

namespace Dfu.Adapters.Simulated;

/// <summary>The device's end of a link: what its characteristics take and refuse.</summary>
public sealed partial class VirtualDevice
{
    private const int LongestControlWrite = 23;
    private const byte AttInvalidHandle = 0x01;
    private const byte AttInvalidLength = 0x0d;
    private const byte AttCccdImproperlyConfigured = 0xfd;

    private const byte AttWriteNotPermitted = 0x03;

    private readonly HashSet<DfuCharacteristic> _subscribed = [];
    private bool _subscriptionTouched;
    private bool _answerDelivered;

    internal IReadOnlySet<DfuCharacteristic> Characteristics => Mode == DeviceMode.Application
        ? new HashSet<DfuCharacteristic> { ButtonlessCharacteristic }
        : new HashSet<DfuCharacteristic> { DfuCharacteristic.ControlPoint, DfuCharacteristic.Packet };

    internal IReadOnlySet<Guid> Readable => Information.Keys.ToHashSet();

    private IReadOnlyDictionary<Guid, byte[]> Information => Mode == DeviceMode.Application
        ? DeviceInformation.Of(Options, Counters.Activations > 0 ? FlashSettings.ApplicationVersion : null)
        : new Dictionary<Guid, byte[]>();

    private DfuCharacteristic ButtonlessCharacteristic => Options.Profile.Buttonless == ButtonlessKind.Sdk12Notify
        ? DfuCharacteristic.ButtonlessSdk12
        : Options.Bonded ? DfuCharacteristic.ButtonlessBonded : DfuCharacteristic.Buttonless;

    /// <summary>The MTU both agree to; a bootloader makes it a multiple of 4 plus 3, an application keeps to 23.</summary>
    internal int NegotiateMtu(int asked)
    {
        if (Mode == DeviceMode.Application) return 23;
        var agreed = Math.Min(asked, Options.Profile.MtuMax);
        return Math.Max(23, ((agreed - 3) & ~3) + 3);
    }

    internal void OnConnected(SimulatedLink link)
    {
        _link = link;
        _subscribed.Clear();
        _subscriptionTouched = false;
        Counters.Connects++;
    }

    internal void OnDisconnected(SimulatedLink link, byte reason)
    {
        if (reason == LinkClosure.SupervisionTimeout) Counters.Drops++;
        if (!ReferenceEquals(_link, link)) return;
        _link = null;
        _subscribed.Clear();
        var held = Held;
        _core?.OnDisconnected();
        if (!PendingActivation) Counters.LostBytes += Math.Max(0, held - Held);
        var leaves = _entersBootloader && _answerDelivered;
        _entersBootloader = leaves;
        _answerDelivered = false;
        if (leaves) Reboot(holdsBootloader: false, powerCut: false);
        else _air.AdvertisingChanged(this);
    }

    /// <returns>ATT status.</returns>
    internal byte OnSubscribe(DfuCharacteristic characteristic, bool on)
    {
        if (!Characteristics.Contains(characteristic)) return AttInvalidHandle;
        if (characteristic == DfuCharacteristic.ButtonlessBonded && RefusesUnencrypted is not 0 and var status) return status;
        _subscriptionTouched = true;
        if (on) _subscribed.Add(characteristic);
        else _subscribed.Remove(characteristic);
        return 0;
    }

    /// <returns>ATT status.</returns>
    internal byte OnWrite(DfuCharacteristic characteristic, byte[] value)
    {
        if (!Characteristics.Contains(characteristic)) return AttInvalidHandle;
        if (characteristic == DfuCharacteristic.Packet) return AttWriteNotPermitted;
        if (value.Length > LongestControlWrite) return AttInvalidLength;
        if (RefusesUnencrypted is not 0 and var status) return status;
        if (!_subscribed.Contains(characteristic) && (_subscriptionTouched || !Options.LazySystemAttributes)) return AttCccdImproperlyConfigured;
        if (characteristic == DfuCharacteristic.ControlPoint) _core?.OnControl(value);
        else OnButtonless(characteristic, value);
        return 0;
    }

    /// <returns>ATT status and value.</returns>
    internal (byte Status, byte[] Value) OnRead(Guid characteristic)
    {
        Counters.Reads++;
        if (Counters.Reads <= Options.ReadsThatDrop) _link?.Drop();
        return Information.TryGetValue(characteristic, out var value) ? ((byte)0, value) : (AttInvalidHandle, []);
    }

    internal void OnPacket(byte[] value)
    {
        if (Mode == DeviceMode.Bootloader && RefusesUnencrypted == 0) _core?.OnPacket(value);
    }

    /// <summary>A value the device sent has reached the host.</summary>
    internal void OnDelivered(DfuCharacteristic characteristic)
    {
        if (characteristic == DfuCharacteristic.ControlPoint) _core?.OnNotificationDelivered();
        else if (_entersBootloader)
        {
            _answerDelivered = true;
            _link?.CloseByDevice();
        }
    }

    private void OnButtonless(DfuCharacteristic characteristic, byte[] value)
    {
        var (answer, name, enters) = ButtonlessApplication.Handle(Options.Profile.Buttonless, Options.Bonded, value);
        if (name is not null && FlashSettings is var settings) _memory.Main = settings with { Name = name };
        _entersBootloader |= enters;
        if (enters && Options.Bonded && _link is { } link) _bonds.GiveToBootloader(link.Radio);
        Notify(characteristic, answer);
    }

    private void Notify(DfuCharacteristic characteristic, byte[] value)
    {
        if (!_subscribed.Contains(characteristic)) return;
        if (LoseNotificationAfter >= 0 && LoseNotificationAfter-- == 0) return;
        _link?.SendToHost(characteristic, value);
    }
}
