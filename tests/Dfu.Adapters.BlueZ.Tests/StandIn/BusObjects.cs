using Dfu.Adapters.BlueZ.Tests.StandIn.Wire;
using Properties = System.Collections.Generic.Dictionary<string, Dfu.Adapters.BlueZ.Tests.StandIn.Wire.Variant>;

namespace Dfu.Adapters.BlueZ.Tests.StandIn;

/// <summary>The objects a service shows, their properties, and the signals about both.</summary>
internal sealed class BusObjects
{
    public const string Manager = "org.freedesktop.DBus.ObjectManager";
    public const string PropertiesInterface = "org.freedesktop.DBus.Properties";
    private const string Introspectable = "org.freedesktop.DBus.Introspectable";

    private readonly SortedDictionary<string, (string Interface, Properties Properties)> _objects = new(StringComparer.Ordinal);

    /// <summary>Null while nobody listens.</summary>
    public ServiceConnection? Bus { get; set; }

    public IEnumerable<string> Below(string path) => [.. _objects.Keys.Where(key => key.StartsWith(path + "/", StringComparison.Ordinal))];

    public bool Has(string path) => _objects.ContainsKey(path);

    public void Add(string path, string @interface, Properties properties)
    {
        _objects.Add(path, (@interface, properties));
        Bus?.Signal("/", Manager, "InterfacesAdded", "oa{sa{sv}}", path, Interfaces(path));
    }

    public void Remove(string path)
    {
        if (!_objects.Remove(path, out var removed)) return;
        Bus?.Signal("/", Manager, "InterfacesRemoved", "oas", path, (string[])[PropertiesInterface, Introspectable, removed.Interface]);
    }

    public void RemoveWithChildren(string path)
    {
        foreach (var below in Below(path).Reverse()) Remove(below);
        Remove(path);
    }

    public void Clear() => _objects.Clear();

    public T? Get<T>(string path, string property) =>
        _objects.TryGetValue(path, out var found) && found.Properties.TryGetValue(property, out var value) ? (T)value.Value : default;

    /// <summary>Changes properties and tells so, also when they had these values before; null takes a property away.</summary>
    public void Set(string path, params (string Name, Variant? Value)[] changes)
    {
        if (!_objects.TryGetValue(path, out var found)) return;
        foreach (var (name, value) in changes)
        {
            if (value is null) found.Properties.Remove(name);
            else found.Properties[name] = value;
        }

        var changed = changes.Where(static change => change.Value is not null).ToDictionary(static change => change.Name, static change => change.Value!);
        string[] invalidated = [.. changes.Where(static change => change.Value is null).Select(static change => change.Name)];
        Bus?.Signal(path, PropertiesInterface, "PropertiesChanged", "sa{sv}as", found.Interface, changed, invalidated);
    }

    /// <summary>Changes a property and tells nobody: only who asks learns of it.</summary>
    public void SetUntold(string path, string name, Variant value)
    {
        if (_objects.TryGetValue(path, out var found)) found.Properties[name] = value;
    }

    public Dictionary<string, Dictionary<string, Properties>> All() => _objects.Keys.ToDictionary(static path => path, Interfaces);

    /// <exception cref="BusError">There is no such object or property.</exception>
    public Properties PropertiesOf(string path, string @interface)
    {
        if (!_objects.TryGetValue(path, out var found)) throw Unknown("Get", "ss", PropertiesInterface);
        if (found.Interface != @interface) throw new BusError("org.freedesktop.DBus.Error.InvalidArgs", $"No such interface '{@interface}'");
        return found.Properties;
    }

    public static BusError Unknown(string member, string signature, string @interface) =>
        new("org.freedesktop.DBus.Error.UnknownObject", $"Method \"{member}\" with signature \"{signature}\" on interface \"{@interface}\" doesn't exist\n");

    private Dictionary<string, Properties> Interfaces(string path) =>
        new() { [Introspectable] = [], [_objects[path].Interface] = _objects[path].Properties, [PropertiesInterface] = [] };
}
