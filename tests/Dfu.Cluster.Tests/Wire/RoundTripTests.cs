using System.Collections.Immutable;
using System.Reflection;
using Dfu.Fleet.Devices;
using Dfu.Fleet.Peers;
using Dfu.Grains;
using Dfu.Protocol.Errors;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Dfu.Cluster.Tests.Wire;

public sealed class RoundTripTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection()
        .AddSerializer(static builder => builder.AddAssembly(typeof(IDeviceGrain).Assembly))
        .BuildServiceProvider();

    public static TheoryData<Type> Values() =>
    [
        .. WireTypes.Declared.Concat(WireTypes.Converted.Select(static pair => pair.Type))
            .Concat(WireTypes.Methods.SelectMany(
                static method => method.GetParameters().Select(static parameter => parameter.ParameterType).Append(Answer(method))))
            .Where(static type => type != typeof(void)).Distinct(),
    ];

    [Theory]
    [MemberData(nameof(Values))]
    public void Everything_that_is_in_a_value_arrives(Type type)
    {
        var value = Filler.Of(type);
        Assert.Equal(Picture.Of(value), Picture.Of(Send(type, value)));
        Assert.Equal(Picture.Of(value), Picture.Of(_services.GetRequiredService<DeepCopier>().Copy(value)));
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void Within_a_silo_nothing_that_cannot_change_is_copied(Type type)
    {
        if (type.IsValueType || type.IsArray) return;
        var value = Filler.Of(type);
        Assert.Same(value, _services.GetRequiredService<DeepCopier>().Copy(value));
    }

    [Fact]
    public void Every_error_and_phase_arrives_as_itself()
    {
        foreach (var error in Enum.GetValues<DfuError>()) Assert.Equal(error, Send(new AdapterOpening { Error = error }).Error);
        foreach (var phase in Enum.GetValues<Dfu.Fleet.Devices.DevicePhase>())
        {
            var sent = (LiveTransfer)Filler.Of(typeof(LiveTransfer)) with { Phase = phase };
            Assert.Equal(phase, Assert.Single(Send(new LiveReport { Transfers = [sent] }).Transfers).Phase);
        }
    }

    [Fact]
    public void What_is_empty_stays_empty_and_what_is_missing_stays_missing()
    {
        var report = Send(new AdapterReport { State = new() { Id = "silo/sim" } });
        Assert.Null(report.ProtectedFor);
        Assert.True(report.Heard.IsEmpty && !report.Heard.IsDefault);
        Assert.True(report.State.Slots.IsEmpty && !report.State.Slots.IsDefault);
        Assert.Null(Send(new AirReport()).LastHeard);
        Assert.Equal(TimeSpan.Zero, Send(new AirReport { LastHeard = TimeSpan.Zero }).LastHeard);
        Assert.Null(Send(typeof(DeviceState), null));
        Assert.Empty(Send(new AttemptReport { Attempt = 1, Events = [] }).Events);
        Assert.Empty(Send(new LiveReport()).Rssi);
        Assert.Null(Assert.Single(Send(new CampaignWatch { Campaign = "c", Devices = [new() { Device = new(1) }] }).Devices).Application);
    }

    [Fact]
    public void Events_keep_their_order_and_their_kind()
    {
        ImmutableArray<DeviceEvent> events = [.. Filler.Kinds<DeviceEvent>().Reverse()];
        var report = Send(new AttemptReport { Attempt = 3, Events = events });
        Assert.Equal(events.Select(Picture.Of), report.Events.Select(Picture.Of));
    }

    /// <summary>For values of events that hold no collections, records are equal by themselves; this keeps the picture honest.</summary>
    [Fact]
    public void An_event_that_arrived_equals_the_one_that_was_sent() =>
        Assert.Equal(Filler.Kinds<DeviceEvent>().AsEnumerable(), Send(new AttemptReport { Attempt = 3, Events = Filler.Kinds<DeviceEvent>() }).Events);

    public void Dispose() => _services.Dispose();

    private static Type Answer(MethodInfo method) => method.ReturnType.IsGenericType ? method.ReturnType.GetGenericArguments()[0] : typeof(void);

    private T Send<T>(T value)
        where T : notnull => (T)Send(typeof(T), value)!;

    private object? Send(Type type, object? value) =>
        GetType().GetMethod(nameof(SendAs), BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(type).Invoke(this, [value]);

    private T? SendAs<T>(T value)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value));
    }
}
