using System.Globalization;
using Dfu.Adapters;
using Dfu.Fleet.Adapters;
using Dfu.Fleet.Identity;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;
using Dfu.Protocol.Transfers;

namespace Dfu.Fleet.Release;

/// <summary>Sends devices that wait in their bootloader back to their applications, one after another, without a campaign.</summary>
/// <remarks>A bootloader that keeps an interrupted update in RAM only loses it by that.</remarks>
public sealed class DeviceRelease(IReadOnlyList<IAdapterSource> sources, TimeProvider time) : IAsyncDisposable
{
    private const int Epoch = 1;

    /// <summary>Programs that answer where the device was expected and are not its bootloader: after so many it is given up.</summary>
    private const int MostTries = 4;

    private static readonly LinkOptions Link = new();
    private static readonly TransferOptions Requests = new();

    /// <summary>From the reset to the first advertisement of whichever program runs then.</summary>
    private static readonly TimeSpan Boots = TimeSpan.FromSeconds(10);

    private readonly AdapterHost[] _hosts = [.. sources.Select(source => new AdapterHost(source, new Silence(), time))];
    private OpenAdapter[] _radios = [];

    /// <exception cref="DfuException">AdapterInUse, or why no radio could be opened.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        foreach (var host in _hosts) host.Carry(new AdapterEffect.Open(Epoch));
        var refusals = await Task.WhenAll(_hosts.Select(static host => host.FirstOpening)).WaitAsync(cancellationToken);
        _radios = [.. _hosts.Select(static host => host.OpenedAs(Epoch)).OfType<OpenAdapter>()];
        if (OpeningRefusal.Of(refusals, anyOpened: _radios.Length > 0) is { } refused) throw refused;
        if (_radios.Length == 0) throw new DfuException(DfuError.AdapterNotFound, "no adapter was given");
    }

    /// <param name="address">Of the device's application or its bootloader.</param>
    /// <param name="within">How long it may take to be heard.</param>
    public async Task<ReleasedDevice> RunAsync(BluetoothAddress address, TimeSpan within, CancellationToken cancellationToken)
    {
        var search = new Search(address, _radios, time);
        var began = time.GetTimestamp();
        try
        {
            for (var tries = 0; tries < MostTries; tries++)
            {
                var left = within - time.GetElapsedTime(began);
                if (left <= TimeSpan.Zero || await search.HearAsync(left, cancellationToken) is not var (radio, match, heard)) break;
                var link = await radio.Adapter.ConnectAsync(heard.Address, heard.AddressType, Link, cancellationToken);
                await using (link)
                {
                    if (link.Characteristics.Contains(DfuCharacteristic.ControlPoint))
                    {
                        if (await TryLeaveAsync(link, radio, match, heard, cancellationToken) is { } released) return released;
                        if (search.Without(radio)) continue;
                        return Of(match, DfuError.BondedElsewhere, "its bootloader takes none of the adapters that were given");
                    }

                    if (!match.InBootloader) return Of(match, DfuError.None, "it runs its application already");
                }

                search.Doubt(heard.Address);
            }

            return new ReleasedDevice(address, DfuError.NotHeard, NotHeard(within));
        }
        catch (DfuException e)
        {
            return search.Last is { } match ? Of(match, e.Error, e.Message) : new ReleasedDevice(address, e.Error, e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
    }

    private static string NotHeard(TimeSpan within) =>
        string.Create(CultureInfo.InvariantCulture, $"not heard within {within.TotalSeconds:0.#} s: power it, bring it nearer, or check its address");

    private static ReleasedDevice Of(AdvertMatch match, DfuError error, string detail) =>
        new(match.Device, error, detail) { Application = match.Application, Bootloader = match.Bootloader };

    /// <returns>Null when the bootloader has the bond of another adapter.</returns>
    private async Task<ReleasedDevice?> TryLeaveAsync(
        IDfuLink link, OpenAdapter radio, AdvertMatch match, Advertisement heard, CancellationToken cancellationToken)
    {
        try
        {
            return await LeaveAsync(link, radio, match, heard, cancellationToken);
        }
        catch (DfuException e) when (e.Error == DfuError.PairingRefused)
        {
            return null;
        }
    }

    private async Task<ReleasedDevice> LeaveAsync(
        IDfuLink link, OpenAdapter radio, AdvertMatch match, Advertisement heard, CancellationToken cancellationToken)
    {
        // Whoever was taken for an application and is a bootloader was named by that one's address.
        if (!match.InBootloader) match = match with { Application = heard.Address.Application, Bootloader = heard.Address, InBootloader = true };
        var answer = await link.SecuredAsync(
            () => BootloaderExit.RunAsync(link, subscribe: true, Requests, time, cancellationToken), time, cancellationToken);
        await link.DisposeAsync();
        if (answer == ExitAnswer.NotKnown) return Of(match, DfuError.OpCodeNotSupported, $"its bootloader {BootloaderExit.CannotBeTold}");

        var next = await radio.HearAsync(
            one => one.Connectable && (one.Address == match.Application || one.Address == match.Bootloader), Boots, cancellationToken);
        if (next is not { } program)
            return Of(match, DfuError.ApplicationNotHeard, $"its bootloader was told to leave, and nothing was heard of it for {Boots.TotalSeconds:0} s");
        if (await IsApplicationAsync(radio, match, program, cancellationToken)) return Of(match, DfuError.None, "it is back in its application");
        return answer == ExitAnswer.None
            ? Of(match, DfuError.RequestTimeout, "its bootloader did not obey")
            : Of(match, DfuError.ApplicationNotHeard, "it came back in its bootloader: it has no application that is valid, so send it one");
    }

    /// <summary>At the address of the bootloader there is either, where that bonds: only a connect tells them apart.</summary>
    private static async Task<bool> IsApplicationAsync(OpenAdapter radio, AdvertMatch match, Advertisement program, CancellationToken cancellationToken)
    {
        if (DeviceNames.IsBootloader(program.Name)) return false;
        if (program.Address != match.Bootloader) return true;
        await using var link = await radio.Adapter.ConnectAsync(program.Address, program.AddressType, Link, cancellationToken);
        return !link.Characteristics.Contains(DfuCharacteristic.ControlPoint);
    }

    /// <summary>Listens with every radio for one device.</summary>
    private sealed class Search
    {
        private readonly Lock _gate = new();
        private readonly AdvertMatcher _matcher = new();
        private readonly BluetoothAddress _address;
        private readonly TimeProvider _time;
        private OpenAdapter[] _radios;

        public Search(BluetoothAddress address, OpenAdapter[] radios, TimeProvider time)
        {
            (_address, _radios, _time) = (address, radios, time);
            _matcher.Add(address);
        }

        public AdvertMatch? Last { get; private set; }

        /// <summary>Does without a radio from now on; false when it was the last.</summary>
        public bool Without(OpenAdapter radio) => (_radios = [.. _radios.Where(one => one != radio)]).Length > 0;

        /// <summary>An application answered there: it is not the device's bootloader.</summary>
        public void Doubt(BluetoothAddress address)
        {
            lock (_gate) _matcher.Doubt(_address, address);
        }

        public async Task<(OpenAdapter Radio, AdvertMatch Match, Advertisement Heard)?> HearAsync(TimeSpan within, CancellationToken cancellationToken)
        {
            using var found = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var ears = _radios.Select(radio => HearAsync(radio, within, found.Token)).ToList();
            while (ears.Count > 0)
            {
                var first = await Task.WhenAny(ears);
                ears.Remove(first);
                if (await first is not { } heard) continue;
                found.Cancel();
                await Task.WhenAll(ears);
                return heard;
            }

            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }

        /// <returns>Null when it did not hear the device, or need not any more.</returns>
        private async Task<(OpenAdapter, AdvertMatch, Advertisement)?> HearAsync(OpenAdapter radio, TimeSpan within, CancellationToken cancellationToken)
        {
            AdvertMatch? match = null;
            try
            {
                var heard = await radio.HearAsync(
                    advertisement =>
                    {
                        lock (_gate) match = _matcher.Match(advertisement, _time.GetUtcNow());
                        return match is not null && advertisement.Connectable;
                    },
                    within,
                    cancellationToken);
                if (heard is not { } one || match is not { } its) return null;
                lock (_gate) Last = its;
                return (radio, its, one);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    /// <summary>Nobody asks how the radios are: a connect over one that went away says so.</summary>
    private sealed class Silence : IAdapterReports
    {
        public void Happened(AdapterEvent e)
        {
        }

        public void Heard(in Advertisement advertisement)
        {
        }

        public void Deaf()
        {
        }
    }
}
