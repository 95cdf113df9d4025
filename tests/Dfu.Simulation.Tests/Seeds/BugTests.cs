using System.Threading.Channels;
using Dfu.Fleet;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Devices;
using Dfu.Protocol.Links;
using Dfu.Protocol.Requests;
using Dfu.Simulation.Hosts;
using Dfu.Simulation.Runs;

namespace Dfu.Simulation.Tests.Seeds;

/// <summary>Bugs put back in: seeds find each of them. What finds nothing proves nothing.</summary>
public sealed class BugTests
{
    /// <summary>Seconds, on one core.</summary>
    private const int Seeds = 1500;

    [Fact]
    public void A_command_object_created_on_resume_is_found() =>
        Finds(static spec => spec with { Wrap = static link => new ForgetfulLink(link) }, "a command object was created");

    [Fact]
    public void A_device_that_is_granted_again_while_its_attempt_may_still_go_on_is_found() =>
        Finds(static spec => spec with { Times = spec.Times with { Silence = TimeSpan.FromSeconds(0.5) } }, "begins to drive");

    [Fact]
    public void A_storage_that_lets_an_activation_write_over_another_is_found() => Finds(static spec => spec with { IgnoresVersions = true }, "");

    [Fact]
    public void An_attempt_whose_lease_does_not_end_is_found() =>
        Finds(static spec => spec with { Times = spec.Times with { Lease = TimeSpan.FromHours(1) } }, "begins to drive");

    [Fact]
    public void A_storage_that_says_it_has_written_before_it_has_is_found() => Finds(static spec => spec with { AnswersEarly = true }, "acknowledged");

    [Fact]
    public void A_campaign_that_forgets_results_when_it_is_taken_up_is_found() => Finds(
        static spec => spec with
        {
            Machines = FleetMachines.Plain with
            {
                Campaign = static (state, e, policy) =>
                    CampaignMachine.Apply(e is CampaignEvent.RunStarted ? state with { Results = state.Results.Clear() } : state, e, policy),
            },
        },
        "forgot that");

    [Fact]
    public void A_device_that_is_done_as_soon_as_its_last_execute_is_sent_is_found() => Finds(
        static spec => spec with
        {
            Machines = FleetMachines.Plain with
            {
                Device = static (state, e, policy) => DeviceMachine.Apply(
                    state, e is DeviceEvent.LastExecute last ? new DeviceEvent.ImageActivated(last.Attempt, last.Image, false, last.At) : e, policy),
            },
        },
        "is said to be");

    [Fact]
    public void A_pause_that_whoever_takes_the_campaign_up_forgets_is_found() => Finds(
        static spec => spec with
        {
            Machines = FleetMachines.Plain with
            {
                Campaign = static (state, e, policy) =>
                    CampaignMachine.Apply(e is CampaignEvent.RunStarted ? state with { Holds = [] } : state, e, policy),
            },
        },
        "not paused, although somebody paused it");

    [Fact]
    public void A_change_that_is_written_down_twice_is_found() => Finds(
        static spec => spec with
        {
            Machines = FleetMachines.Plain with
            {
                Campaign = static (state, e, policy) =>
                {
                    var (next, effects) = CampaignMachine.Apply(state, e, policy);
                    if (e is not CampaignEvent.Controlled || next.Changes == state.Changes) return (next, effects);
                    var again = next.News[^1];
                    return (CampaignTrail.Add(next, again.At, again.By, again.Action, again.Detail), effects);
                },
            },
        },
        "who asked for one thing that arrived");

    [Fact]
    public void An_order_that_is_carried_out_each_time_it_comes_is_found() => Finds(
        static spec => spec with
        {
            Machines = FleetMachines.Plain with { Campaign = static (state, e, policy) => CampaignMachine.Apply(state with { LastOrder = 0 }, e, policy) },
        },
        "who asked for one thing that arrived");

    [Fact]
    public void A_device_that_is_given_up_after_its_first_failure_is_found() => Finds(
        static spec => spec with
        {
            Machines = FleetMachines.Plain with
            {
                Device = static (state, e, policy) =>
                    DeviceMachine.Apply(state, e, policy with { Campaign = policy.Campaign with { MaxFruitlessAttempts = 1 } }),
            },
        },
        "for no reason that is one");

    [Fact]
    public void A_run_that_goes_on_for_ever_at_one_moment_ends_and_says_so() => Finds(
        static spec => spec with
        {
            Wrap = static link =>
            {
                Spin();
                return link;
            },
        },
        "something goes on for ever");

    private static void Spin() => SynchronizationContext.Current!.Post(static _ => Spin(), null);

    private static void Finds(Func<ClusterSpec, ClusterSpec> bug, string words)
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var plan = SeedPlan.Of(seed);
            var result = SeedRun.Run(plan with { Cluster = bug(plan.Cluster) }, new());
            if (result.Violations.Any(violation => violation.Contains(words, StringComparison.Ordinal))) return;
        }

        Assert.Fail($"no seed of {Seeds} found it");
    }

    /// <summary>Says to each SELECT(command) that the device holds no init packet.</summary>
    private sealed class ForgetfulLink(IDfuLink link) : IDfuLink
    {
        private readonly Channel<LinkNotification> _notifications = Channel.CreateUnbounded<LinkNotification>();
        private bool _selects;
        private bool _copying;

        public int Mtu => link.Mtu;

        public IReadOnlySet<DfuCharacteristic> Characteristics => link.Characteristics;

        public IReadOnlySet<Guid> Readable => link.Readable;

        public TimeSpan? Interval => link.Interval;

        public bool KeepsOrder => link.KeepsOrder;

        public Task<LinkClosure> Closed => link.Closed;

        public ChannelReader<LinkNotification> Notifications
        {
            get
            {
                if (!_copying) _ = CopyAsync();
                _copying = true;
                return _notifications.Reader;
            }
        }

        public Task SecureAsync(CancellationToken cancellationToken) => link.SecureAsync(cancellationToken);

        public Task SubscribeAsync(DfuCharacteristic characteristic, CancellationToken cancellationToken) =>
            link.SubscribeAsync(characteristic, cancellationToken);

        public Task<ReadOnlyMemory<byte>> ReadAsync(Guid characteristic, CancellationToken cancellationToken) =>
            link.ReadAsync(characteristic, cancellationToken);

        public Task WriteAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
        {
            _selects = characteristic == DfuCharacteristic.ControlPoint && value.Span is [OpCode.Select, 1];
            return link.WriteAsync(characteristic, value, cancellationToken);
        }

        public ValueTask WriteCommandAsync(DfuCharacteristic characteristic, ReadOnlyMemory<byte> value, CancellationToken cancellationToken) =>
            link.WriteCommandAsync(characteristic, value, cancellationToken);

        public ValueTask DisposeAsync() => link.DisposeAsync();

        private async Task CopyAsync()
        {
            while (await link.Notifications.WaitToReadAsync())
            {
                if (!link.Notifications.TryRead(out var notification)) continue;
                var value = notification.Value;
                if (_selects && value.Length >= 15 && value.Span is [0x60, OpCode.Select, ..])
                {
                    var changed = value.ToArray();
                    changed.AsSpan(7, 8).Clear();
                    value = changed;
                }

                _notifications.Writer.TryWrite(notification with { Value = value });
            }

            _notifications.Writer.TryComplete();
        }
    }
}
