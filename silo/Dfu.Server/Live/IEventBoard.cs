namespace Dfu.Server.Live;

/// <summary>An event, and where its reader is afterwards.</summary>
/// <param name="Name">See <see cref="Dfu.Api.Events.EventNames"/>.</param>
/// <param name="Update">A document of the API.</param>
internal sealed record BoardEvent(string Name, object Update, EventPosition Next);

/// <summary>What a feed has read last and when each part of it changed; from that comes what is new to each of its readers. For one caller at a time.</summary>
internal interface IEventBoard
{
    /// <summary>Counts what is told; 0 before anything was read.</summary>
    long Version { get; }

    /// <summary>The next event for a reader, null when it has everything. Something was read.</summary>
    /// <param name="at">Null for who has nothing.</param>
    BoardEvent? After(EventPosition? at);

    /// <summary>Nobody answers any more.</summary>
    void Silent(TimeSpan since);
}
