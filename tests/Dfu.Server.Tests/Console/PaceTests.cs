using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;
using Dfu.Reports;

namespace Dfu.Server.Tests.Console;

public sealed class PaceTests
{
    private static readonly DateTimeOffset Began = new(2026, 11, 30, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Time_in_which_a_group_waited_for_its_approval_is_no_part_of_the_pace()
    {
        // Ten in the first minute, nothing for eight, and ten in the minute after: 600 an hour.
        var (before, after) = (Enumerable.Range(0, 10).Select(static i => Unit(i, 0, 1)), Enumerable.Range(10, 10).Select(static i => Unit(i, 9, 10)));
        var pace = At(10, [.. before, .. after, Unit(20, 9, null)]);
        Assert.Equal(600, pace.UnitsPerHour);
        Assert.Equal(TimeSpan.FromSeconds(6), pace.Left);
    }

    [Fact]
    public void A_moment_between_two_units_is()
    {
        var pace = At(4, [Unit(0, 0, 1), Unit(1, 1.1, 2), Unit(2, 2.2, 3), Unit(3, 3.1, null)]);
        Assert.Equal(45, pace.UnitsPerHour);
    }

    private static Pace At(double minutes, DeviceView[] devices)
    {
        var view = new CampaignView { Id = "c", PackageId = "p", Devices = [.. devices] };
        return Pace.Of(view, Tally.Of(view), Began.AddMinutes(minutes));
    }

    private static DeviceView Unit(int number, double began, double? ended) => new()
    {
        Application = new BluetoothAddress(0xC098_7654_0000 + (2 * (ulong)number)),
        Phase = ended is null ? DevicePhase.Sending : DevicePhase.Done,
        Outcome = ended is null ? DeviceOutcome.Pending : DeviceOutcome.Updated,
        StartedAt = Began.AddMinutes(began),
        EndedAt = ended is { } at ? Began.AddMinutes(at) : null,
    };
}
