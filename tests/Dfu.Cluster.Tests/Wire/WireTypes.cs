using System.Reflection;
using Dfu.Grains;

namespace Dfu.Cluster.Tests.Wire;

/// <summary>What grains and their callers exchange, as the contracts' assembly declares it.</summary>
internal static class WireTypes
{
    private static readonly Assembly Contracts = typeof(IDeviceGrain).Assembly;

    public static IReadOnlyList<Type> Interfaces { get; } = Exported(static type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type));

    /// <summary>Types that have a serializer of their own.</summary>
    public static IReadOnlyList<Type> Declared { get; } = Exported(static type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null);

    /// <summary>Types of other assemblies and what stands in for them on the wire.</summary>
    public static IReadOnlyList<(Type Type, Type Surrogate)> Converted { get; } =
    [
        .. Exported(static type => type.GetCustomAttribute<RegisterConverterAttribute>() is not null)
            .Select(static type => type.GetInterfaces().Single(IsConverter).GetGenericArguments())
            .Select(static pair => (pair[0], pair[1]))
            .OrderBy(static pair => pair.Item1.Name, StringComparer.Ordinal),
    ];

    public static IReadOnlyList<MethodInfo> Methods { get; } = [.. Interfaces.SelectMany(static face => face.GetMethods())];

    /// <summary>Members that travel, private fields included.</summary>
    public static IEnumerable<(uint Id, string Name, Type Type)> Members(Type type) => type
        .GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
        .Where(static member => member.GetCustomAttribute<IdAttribute>() is not null)
        .Select(static member => (
            member.GetCustomAttribute<IdAttribute>()!.Id,
            member.Name,
            member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType))
        .OrderBy(static member => member.Id);

    public static string? AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias;

    private static Type[] Exported(Func<Type, bool> wanted) =>
        [.. Contracts.GetExportedTypes().Where(wanted).OrderBy(static type => type.Name, StringComparer.Ordinal)];

    private static bool IsConverter(Type face) => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IConverter<,>);
}
