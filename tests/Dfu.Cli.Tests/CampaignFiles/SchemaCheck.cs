using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Dfu.Cli.Tests.CampaignFiles;

/// <summary>The part of JSON Schema that the schema of campaign files uses. A keyword that it does not know fails the test.</summary>
internal static class SchemaCheck
{
    private static readonly string[] Annotations = ["$schema", "title", "description"];

    public static IEnumerable<string> Flaws(JsonObject schema, JsonNode? value, string at = "$")
    {
        foreach (var (keyword, rule) in schema)
        {
            if (Annotations.Contains(keyword)) continue;
            IEnumerable<string> flaws = (keyword, value) switch
            {
                ("type", _) => Is(rule!.GetValue<string>(), value) ? [] : [$"{at} is not {rule}"],
                ("enum", _) => rule!.AsArray().Any(one => JsonNode.DeepEquals(one, value)) ? [] : [$"{at} is none of {rule}"],
                ("oneOf", _) => rule!.AsArray().Count(one => !Flaws(one!.AsObject(), value, at).Any()) == 1 ? [] : [$"{at} fits not exactly one"],
                ("properties", JsonObject map) => map.Where(entry => rule!.AsObject().ContainsKey(entry.Key))
                    .SelectMany(entry => Flaws(rule![entry.Key]!.AsObject(), entry.Value, $"{at}.{entry.Key}")),
                ("additionalProperties", JsonObject map) => map.Where(entry => !schema["properties"]!.AsObject().ContainsKey(entry.Key))
                    .Select(entry => $"{at}.{entry.Key} is unknown"),
                ("required", JsonObject map) => rule!.AsArray().Where(name => !map.ContainsKey(name!.GetValue<string>())).Select(name => $"{at} has no {name}"),
                ("items", JsonArray list) => list.SelectMany((item, i) => Flaws(rule!.AsObject(), item, $"{at}[{i}]")),
                ("minItems", JsonArray list) => list.Count >= rule!.GetValue<int>() ? [] : [$"{at} is short"],
                ("maxItems", JsonArray list) => list.Count <= rule!.GetValue<int>() ? [] : [$"{at} is long"],
                ("minimum", JsonValue number) => Number(number) >= Number(rule!) ? [] : [$"{at} is low"],
                ("exclusiveMinimum", JsonValue number) => Number(number) > Number(rule!) ? [] : [$"{at} is low"],
                ("maximum", JsonValue number) => Number(number) <= Number(rule!) ? [] : [$"{at} is high"],
                ("minLength", JsonValue text) => text.ToString().Length >= rule!.GetValue<int>() ? [] : [$"{at} is short"],
                ("maxLength", JsonValue text) => text.ToString().Length <= rule!.GetValue<int>() ? [] : [$"{at} is long"],
                ("pattern", JsonValue text) => Regex.IsMatch(text.ToString(), rule!.GetValue<string>()) ? [] : [$"{at} does not match {rule}"],
                ("properties" or "additionalProperties" or "required" or "items" or "minItems" or "maxItems", _) => [],
                _ => [$"{at}: unknown keyword {keyword}"],
            };
            foreach (var flaw in flaws) yield return flaw;
        }
    }

    private static bool Is(string type, JsonNode? value) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == JsonValueKind.String,
        "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        "number" => value?.GetValueKind() == JsonValueKind.Number,
        "integer" => value?.GetValueKind() == JsonValueKind.Number && Number(value) % 1 == 0,
        _ => false,
    };

    private static double Number(JsonNode value) =>
        value.GetValueKind() == JsonValueKind.Number ? double.Parse(value.ToString(), System.Globalization.CultureInfo.InvariantCulture) : double.NaN;
}
