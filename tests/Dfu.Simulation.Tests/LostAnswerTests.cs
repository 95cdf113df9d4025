using Dfu.Adapters.Simulated;
using Dfu.Fleet.Updates;
using Dfu.Protocol.Links;
using Dfu.Protocol.Packages;
using Dfu.Protocol.Transfers;
using Dfu.Simulation.Tests.Support;

namespace Dfu.Simulation.Tests;

/// <summary>Every request and every answer of an update is lost once, on every bootloader.</summary>
public sealed class LostAnswerTests
{
    private static readonly DfuPackage Package = TestPackages.Application((2 * 4096) + 900);

    public static TheoryData<string> Profiles => new(BootloaderProfile.All.Select(profile => profile.ToString()));

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_lost_request_is_asked_again_and_nothing_is_sent_twice(string profile) => LoseEach(profile, Loss.Request, allowed: 0);

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_lost_notification_is_repaired_by_asking_and_nothing_is_sent_twice(string profile) => LoseEach(profile, Loss.Notification, allowed: 0);

    /// <summary>An ATT write that is never acknowledged leaves the link useless: a new one goes on from what the device holds.</summary>
    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_lost_acknowledgement_costs_a_link_and_no_more(string profile) => LoseEach(profile, Loss.Acknowledgement, allowed: (2 * 4096) + 900);

    /// <summary>Whichever answer is lost, whole update included; a second link, where the last answer was lost, is none of it.</summary>
    [Theory]
    [InlineData("sdk15.3", false)]
    [InlineData("sdk17", false)]
    [InlineData("sdk17", true)]
    [InlineData("sdk17 saving", false)]
    public void A_lost_answer_costs_half_a_second_at_most(string profile, bool deaf)
    {
        var undisturbed = Long(profile, deaf, lost: 0, out _).Time.Elapsed;
        for (var n = 1; ; n++)
        {
            var scenario = Long(profile, deaf, n, out var seen);
            if (seen < n) break;
            if (scenario.Device.Counters.Connects > 1) continue;
            Assert.True(scenario.Time.Elapsed - undisturbed <= TimeSpan.FromSeconds(0.5), $"answer {n} cost {scenario.Time.Elapsed - undisturbed}");
        }
    }

    private static Scenario Long(string profile, bool deaf, int lost, out int seen)
    {
        var notifications = 0;
        var scenario = new Scenario
        {
            Package = TestPackages.Application((20 * 4096) + 900),
            Options = new VirtualDeviceOptions
            {
                ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
                Profile = BootloaderProfile.All.Single(candidate => candidate.ToString() == profile),
                RadioDeafDuringErase = deaf,
                RequireSigned = false,
            },
            Link = LinkModel.Perfect with { AdvertisingInterval = TimeSpan.FromMilliseconds(10) },
            Hint = new TransferHint
            {
                Traits = new()
                {
                    WritesAfterExecute = profile.EndsWith("saving", StringComparison.Ordinal),
                    Pacing = Pacing.Initial.AfterClean(afterSave: false),
                },
            },
            Wrap = (_, link, _) => new LossyLink(link, loss => loss == Loss.Notification && ++notifications == lost),
        }.Run();
        Assert.True(scenario.HasImage, scenario.ToString());
        seen = notifications;
        return scenario;
    }

    private static void LoseEach(string name, Loss kind, long allowed)
    {
        var profile = BootloaderProfile.All.Single(candidate => candidate.ToString() == name);
        var wrong = new List<string>();
        var losses = 0;
        for (var n = 1; ; n++)
        {
            var seen = 0;
            var scenario = new Scenario
            {
                Package = Package,
                Options = new VirtualDeviceOptions
                {
                    ApplicationAddress = BluetoothAddress.Parse("C0:98:76:54:32:10"),
                    Profile = profile,
                    RequireSigned = false,
                },
                Transfer = new TransferOptions { MaxObjectsBetweenSaves = 1 },
                Wrap = (_, link, _) => new LossyLink(link, loss => loss == kind && ++seen == n),
            };
            string? what = null;
            try
            {
                scenario.Run();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                what = $"{e.GetType().Name} {e.Message}";
            }

            if (seen < n) break;
            losses++;
            if (what is null && !scenario.HasImage) what = "the image on the device is not the package's";
            // Sent back by a jump to look whether its last EXECUTE was obeyed, an old bootloader has no way out but another update.
            if (profile.Name is "sdk12" or "sdk13" or "sdk14" && scenario.Recorder.Phases.Contains(UpdatePhase.Jumping)) allowed = Package.TotalBytes;
            if (what is null && scenario.Resent > allowed) what = $"{scenario.Resent} bytes were sent again";
            if (what is not null) wrong.Add($"{kind} {n}: {what}; {scenario}");
        }

        Assert.True(losses > 10, $"only {losses} were lost");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {losses} went wrong:\n{string.Join('\n', wrong.Take(12))}");
    }
}
