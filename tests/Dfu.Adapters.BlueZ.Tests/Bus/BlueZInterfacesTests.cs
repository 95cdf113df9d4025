using System.Reflection;
using System.Runtime.Loader;
using Linux.Bluetooth;
using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Tests.Bus;

/// <summary>The declarations of BlueZ's interfaces beside those of the package that they stand in for.</summary>
public sealed class BlueZInterfacesTests
{
    private static readonly Type[] Interfaces = [typeof(IObjectManager), typeof(IAdapter1), typeof(IDevice1), typeof(IGattCharacteristic1)];
    private static readonly Type[] Properties = [typeof(Adapter1Properties), typeof(Device1Properties), typeof(GattCharacteristic1Properties)];

    [PackageFact]
    public void What_is_declared_is_in_the_package_word_for_word()
    {
        // Its Tmds.DBus is this process's.
        var package = new AssemblyLoadContext(PackageFactAttribute.Id, isCollectible: true);
        var library = package.LoadFromAssemblyPath(PackageFactAttribute.Library!);
        foreach (var ours in Interfaces)
        {
            var theirs = library.GetType(ours.FullName!) ?? throw new InvalidOperationException($"the package has no {ours.FullName}");
            Assert.Equal(BusName(ours), BusName(theirs));
            Same(Members(ours), Members(theirs)); // also the other way round: a fake that implements one implements the other
        }

        foreach (var ours in Properties)
        {
            var theirs = library.GetType(ours.FullName!) ?? throw new InvalidOperationException($"the package has no {ours.FullName}");
            Same(Fields(ours), Fields(theirs).Intersect(Fields(ours)));
        }
    }

    private static void Same(IEnumerable<string> ours, IEnumerable<string> theirs) => Assert.Equal(
        string.Join('\n', theirs.Order(StringComparer.Ordinal)), string.Join('\n', ours.Order(StringComparer.Ordinal)));

    /// <summary>Signatures with the names of parameters and tuple elements, which callers may use.</summary>
    private static IEnumerable<string> Members(Type type) => type.GetMethods().Select(static method =>
        $"{Text(method.ReturnType)}{Elements(method.ReturnParameter.GetCustomAttributesData())} {method.Name}`{method.GetGenericArguments().Length}("
        + string.Join(", ", method.GetParameters().Select(static p =>
            $"{Text(p.ParameterType)}{Elements(p.GetCustomAttributesData())} {p.Name}{(p.HasDefaultValue ? $" = {p.RawDefaultValue ?? "null"}" : "")}"))
        + ")");

    private static IEnumerable<string> Fields(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).Select(static field => $"{Text(field.FieldType)} {field.Name}");

    private static string BusName(Type type) =>
        (string)type.GetCustomAttributesData().Single(static data => data.AttributeType.Name == nameof(DBusInterfaceAttribute)).ConstructorArguments[0].Value!;

    private static string Elements(IEnumerable<CustomAttributeData> attributes) => string.Join(
        ",",
        attributes.Where(static data => data.AttributeType.Name == "TupleElementNamesAttribute")
            .SelectMany(static data => (IEnumerable<CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!)
            .Select(static name => $":{name.Value}"));

    private static string Text(Type type) => type switch
    {
        { IsArray: true } => Text(type.GetElementType()!) + "[]",
        { IsGenericParameter: true } => type.Name,
        { IsGenericType: true } => $"{type.GetGenericTypeDefinition().FullName}<{string.Join(", ", type.GetGenericArguments().Select(Text))}>",
        _ => type.FullName!,
    };
}
