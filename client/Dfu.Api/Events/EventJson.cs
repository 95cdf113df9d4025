using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Dfu.Api.Events;

/// <summary>
/// How events are written: as <see cref="ApiJson"/> has it, without the members that have the value they also have when they are missing. Readers need
/// nothing but <see cref="ApiJson.Options"/>.
/// </summary>
public static class EventJson
{
    public static JsonSerializerOptions Options { get; } = Make();

    private static JsonSerializerOptions Make()
    {
        var options = ApiJson.Set(new(JsonSerializerDefaults.Web));
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Shorten } };
        options.MakeReadOnly();
        return options;
    }

    private static void Shorten(JsonTypeInfo type)
    {
        if (type is not { Kind: JsonTypeInfoKind.Object, CreateObject: { } create }) return;
        var missing = create();
        foreach (var property in type.Properties.Where(static property => property is { IsRequired: false, Get: not null, Set: not null }))
        {
            var usual = property.Get!(missing);
            property.ShouldSerialize = (_, value) => !Equals(value, usual);
        }
    }
}
