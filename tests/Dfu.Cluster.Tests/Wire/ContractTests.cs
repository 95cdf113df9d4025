using System.Globalization;
using System.Reflection;
using Dfu.Protocol.Links;
using Orleans.Concurrency;

namespace Dfu.Cluster.Tests.Wire;

/// <summary>Grain interfaces, methods and wire types, a line each, against those that were released.</summary>
public sealed class ContractTests
{
    private const string File = "contract.txt";

    [Fact]
    public void What_was_released_is_still_there_as_it_was_and_what_is_new_is_written_down()
    {
        var now = Lines();
        if (Released.Writing) Released.Write(File, now);
        var released = Released.Read(File);
        var gone = released.Except(now).ToArray();
        var added = now.Except(released).ToArray();
        Assert.True(
            gone.Length + added.Length == 0,
            string.Concat(gone.Select(static line => $"\n  changed or gone: {line}"))
            + string.Concat(added.Select(static line => $"\n  new: {line}")) + "\n" + Released.HowToAdd);
        Assert.NotEmpty(released);
    }

    [Fact]
    public void Every_interface_method_and_type_has_a_name_that_outlives_renaming()
    {
        MemberInfo[] named = [.. WireTypes.Interfaces, .. WireTypes.Methods, .. WireTypes.Declared];
        Assert.DoesNotContain(named, static member => WireTypes.AliasOf(member) is null);
        Assert.All(WireTypes.Interfaces.Concat(WireTypes.Declared).GroupBy(WireTypes.AliasOf), static same => Assert.Single(same));
        Assert.All(WireTypes.Interfaces, static face => Assert.All(face.GetMethods().GroupBy(WireTypes.AliasOf), static same => Assert.Single(same)));
        Assert.All(
            WireTypes.Declared,
            static type => Assert.All(WireTypes.Members(type).GroupBy(static member => member.Id), static same => Assert.Single(same)));
    }

    [Fact]
    public void No_member_of_a_wire_type_is_left_behind()
    {
        foreach (var type in WireTypes.Declared.Where(static type => !type.IsEnum))
        {
            var travelling = WireTypes.Members(type).Select(static member => member.Name).ToArray();
            Assert.Empty(Filler.Members(type).Select(static member => member.Name).Except(travelling));
        }
    }

    private static string[] Lines() =>
    [
        .. WireTypes.Interfaces.SelectMany(InterfaceLines),
        .. WireTypes.Declared.SelectMany(TypeLines),
        .. WireTypes.Converted.Select(static pair => $"converter {pair.Type.Name} as {NameOf(pair.Surrogate)}"),
        .. Enums().SelectMany(EnumLines),
    ];

    private static IEnumerable<string> InterfaceLines(Type face)
    {
        var key = face.GetInterfaces().Single(static other => other.Name.StartsWith("IGrainWith", StringComparison.Ordinal)).Name["IGrainWith".Length..];
        yield return $"interface {NameOf(face)} by {key}";
        foreach (var method in face.GetMethods().OrderBy(static method => WireTypes.AliasOf(method) ?? method.Name, StringComparer.Ordinal))
        {
            var parameters = string.Join(", ", method.GetParameters().Select(static parameter => NameOf(parameter.ParameterType)));
            var answer = method.ReturnType.IsGenericType ? $" -> {NameOf(method.ReturnType.GetGenericArguments()[0])}" : "";
            var interleaves = method.GetCustomAttribute<AlwaysInterleaveAttribute>() is null ? "" : " (interleaves)";
            yield return $"method {NameOf(face)}.{WireTypes.AliasOf(method) ?? method.Name}({parameters}){answer}{interleaves}";
        }
    }

    private static IEnumerable<string> TypeLines(Type type)
    {
        yield return $"type {NameOf(type)}";
        foreach (var (id, name, member) in WireTypes.Members(type)) yield return $"type {NameOf(type)} {id} {name} {NameOf(member)}";
    }

    private static IEnumerable<string> EnumLines(Type type) => Enum.GetValues(type).Cast<object>()
        .Select(value => $"enum {NameOf(type)} {value} = {Convert.ToInt64(value, CultureInfo.InvariantCulture)}");

    /// <summary>Enums travel as numbers in calls and by name in documents; both count.</summary>
    private static IEnumerable<Type> Enums()
    {
        var seen = new HashSet<Type>();
        foreach (var type in WireTypes.Declared.Concat(WireTypes.Converted.Select(static pair => pair.Type))) Collect(type, seen);
        foreach (var kind in Filler.Kinds<Dfu.Fleet.Devices.DeviceEvent>()) Collect(kind.GetType(), seen);
        foreach (var kind in Filler.Kinds<Dfu.Fleet.Campaigns.CampaignEvent>()) Collect(kind.GetType(), seen);
        return seen.Where(static type => type.IsEnum).OrderBy(NameOf, StringComparer.Ordinal);
    }

    private static void Collect(Type type, HashSet<Type> seen)
    {
        if (!seen.Add(type) || type == typeof(BluetoothAddress)) return;
        if (type.IsGenericType) foreach (var argument in type.GetGenericArguments()) Collect(argument, seen);
        if (type.Namespace?.StartsWith("Dfu", StringComparison.Ordinal) != true || type.IsEnum) return;
        foreach (var member in Filler.Members(type)) Collect(member.PropertyType, seen);
    }

    private static string NameOf(Type type) => type switch
    {
        { IsArray: true } => NameOf(type.GetElementType()!) + "[]",
        { IsGenericType: true } when Nullable.GetUnderlyingType(type) is { } inner => NameOf(inner) + "?",
        { IsGenericType: true } => type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]
            + $"<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>",
        _ => WireTypes.AliasOf(type) ?? type.Name,
    };
}
