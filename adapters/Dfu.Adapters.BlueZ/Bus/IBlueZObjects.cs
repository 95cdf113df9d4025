using Tmds.DBus;

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>One of BlueZ's objects as last told. Properties are replaced, never changed in place.</summary>
/// <param name="Interfaces">Properties by interface, <c>org.bluez.Device1</c> and so on.</param>
internal sealed record BlueZObject(ObjectPath Path, IReadOnlyDictionary<string, IReadOnlyDictionary<string, object>> Interfaces)
{
    public bool Has(string name) => Interfaces.ContainsKey(name);

    /// <summary>Default when the property is absent or of another type.</summary>
    public T? Get<T>(string name, string property) =>
        Interfaces.TryGetValue(name, out var properties) && properties.TryGetValue(property, out var value) && value is T typed ? typed : default;
}

/// <summary>Something changed: an interface came or went, or properties of a followed object did.</summary>
/// <param name="Before">Null when the object is new.</param>
/// <param name="After">Null when the object is gone.</param>
/// <param name="Properties">
/// Names of those that changed; empty for interfaces that came or went. A property that was told again with the same value is among them.
/// </param>
internal readonly record struct BlueZChange(ObjectPath Path, BlueZObject? Before, BlueZObject? After, string Interface, IReadOnlyCollection<string> Properties);

/// <summary>
/// BlueZ's objects as they are now, and the way to talk to them. Good for one life of bluetoothd: when <see cref="Ended"/> completes, a new one is
/// needed.
/// </summary>
/// <remarks>
/// All members may be called from any thread. Handlers are called in the order of the changes, one at a time: they must not block or wait for calls.
/// </remarks>
internal interface IBlueZObjects
{
    /// <summary>Completes, with the reason for people, when bluetoothd or the bus has gone; never faults.</summary>
    Task<string> Ended { get; }

    BlueZObject? Find(ObjectPath path);

    /// <summary>Objects whose path begins with this one's, itself not among them.</summary>
    IReadOnlyList<BlueZObject> Below(ObjectPath path);

    /// <summary>Calls the handler for every change at the path or below it until disposed.</summary>
    IDisposable OnChange(ObjectPath path, Action<BlueZChange> handler);

    /// <summary>
    /// Has property changes of this object told until disposed; the bus allows only so many at once. Reads its properties afresh once that is
    /// arranged, so that none is missed.
    /// </summary>
    Task<IDisposable> FollowAsync(ObjectPath path, string @interface, CancellationToken cancellationToken);

    /// <summary>The way to call it, for this life of bluetoothd.</summary>
    T Proxy<T>(ObjectPath path) where T : IDBusObject;
}
