namespace Dfu.Grains.Devices;

/// <summary>What a device grain calls on itself, so that it happens in a turn of its own.</summary>
[Alias("dfu.device-turns")]
internal interface IDeviceTurns : IGrainWithStringKey
{
    /// <summary>Something is due.</summary>
    [Alias("Ring")]
    Task RingAsync();

    [Alias("Answered")]
    Task AnsweredAsync(int attempt, AttemptAnswer answer);

    [Alias("Waited")]
    Task WaitedAsync(AirReport air);
}
