using System.Collections;
using System.Globalization;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Wire;

/// <summary>Everything a value holds as text: equal texts are equal values, also where records hold collections.</summary>
internal static class Picture
{
    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        DateTimeOffset moment => moment.ToString("O", CultureInfo.InvariantCulture),
        BluetoothAddress or TimeSpan or TimeOnly or Guid or Enum => value.ToString()!,
        _ when value.GetType().IsPrimitive => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        IDictionary entries => Joined(entries.Keys.Cast<object>().Select(key => $"{Of(key)}: {Of(entries[key])}").Order(StringComparer.Ordinal)),
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Of))}]",
        _ => value.GetType().Name + Joined(Filler.Members(value.GetType()).Select(member => $"{member.Name} = {Of(member.GetValue(value))}")),
    };

    private static string Joined(IEnumerable<string> parts) => $"{{{string.Join(", ", parts)}}}";
}
