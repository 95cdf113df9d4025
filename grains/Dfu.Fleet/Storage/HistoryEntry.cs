using Dfu.Protocol.Links;

namespace Dfu.Fleet.Storage;

/// <summary>One line of the audit trail; only ever appended.</summary>
/// <param name="Device">Null when it is about the campaign or an adapter.</param>
/// <param name="Kind">One word, such as <c>outcome</c> or <c>adapter</c>.</param>
public sealed record HistoryEntry(DateTimeOffset At, string Campaign, BluetoothAddress? Device, string Kind, string Text);
