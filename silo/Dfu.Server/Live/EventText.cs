using System.Text;
using System.Text.Json;
using Dfu.Api.Events;

namespace Dfu.Server.Live;

/// <summary>A server-sent event as it goes over the line.</summary>
/// <param name="Next">Where its reader is afterwards.</param>
internal sealed record EventText(ReadOnlyMemory<byte> Bytes, EventPosition Next)
{
    /// <summary>A comment: readers see nothing of it.</summary>
    public static readonly ReadOnlyMemory<byte> Heartbeat = ":\n\n"u8.ToArray();

    public static EventText Of(BoardEvent told)
    {
        var bytes = new MemoryStream();
        bytes.Write(Encoding.ASCII.GetBytes($"id: {told.Next}\nevent: {told.Name}\ndata: "));
        JsonSerializer.Serialize(bytes, told.Update, told.Update.GetType(), EventJson.Options);
        bytes.Write("\n\n"u8);
        return new(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), told.Next);
    }
}
