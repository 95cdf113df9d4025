using Dfu.Protocol.Links;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Dfu.Server.Api.OpenApi;

/// <summary>Types that are written as text of a form of their own; and no member that is never written.</summary>
internal sealed class Schemas : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        schema.AdditionalPropertiesAllowed = true; // answers may have more members; that requests may not is said of all of them
        foreach (var computed in context.JsonTypeInfo.Properties.Where(static one => one is { Set: null, AssociatedParameter: null }))
        {
            schema.Properties?.Remove(computed.Name);
            schema.Required?.Remove(computed.Name);
        }

        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(BluetoothAddress)) Write(schema, "^[0-9A-F]{2}(:[0-9A-F]{2}){5}$", "C0:98:76:54:32:10");
        else if (type == typeof(TimeSpan)) Write(schema, @"^-?(\d+\.)?\d{2}:\d{2}:\d{2}(\.\d{1,7})?$", "00:02:00");
        return Task.CompletedTask;
    }

    private static void Write(OpenApiSchema schema, string pattern, string example)
    {
        var isNullable = schema.Type?.HasFlag(JsonSchemaType.Null) == true;
        schema.Type = isNullable ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
        schema.Pattern = pattern;
        schema.Examples = [example];
    }
}
