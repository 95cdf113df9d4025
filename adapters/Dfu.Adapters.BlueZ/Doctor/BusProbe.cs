using System.Runtime.CompilerServices;
using Dfu.Adapters.BlueZ.Bus;
using Dfu.Protocol.Links;
using Dfu.Protocol.Timing;
using Linux.Bluetooth;
using Tmds.DBus;

[assembly: InternalsVisibleTo(Connection.DynamicAssemblyName)]

namespace Dfu.Adapters.BlueZ.Doctor;

[DBusInterface("org.freedesktop.DBus.Introspectable")]
internal interface IIntrospectable : IDBusObject
{
    Task<string> IntrospectAsync();
}

/// <summary>Asks the system bus and BlueZ on a connection of its own; starts nothing and changes nothing.</summary>
internal sealed class BusProbe(string address, TimeProvider time)
{
    private const string Service = "org.bluez";
    private const string Adapter = "org.bluez.Adapter1";
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public async Task<(BusFacts Bus, IReadOnlyList<BlueZAdapterFacts> Adapters)> AskAsync(CancellationToken cancellationToken)
    {
        using var connection = new Connection(new ClientConnectionOptions(address) { AutoConnect = false, RunContinuationsAsynchronously = true });
        try
        {
            await connection.ConnectAsync().WithinAsync(Longest, time, cancellationToken);
            if (await connection.ResolveServiceOwnerAsync(Service).WithinAsync(Longest, time, cancellationToken) is not { Length: > 0 })
                return (new(BusState.NoBlueZ, address), []);
        }
        catch (Exception e) when (IsAnswer(e))
        {
            return (
                e is TimeoutException
                    ? new(BusState.Silent, address)
                    : BusOpening.IsAbsence(e) ? new(BusState.NoBus, address) : new(BusState.Closed, e.Message),
                []);
        }

        try
        {
            var objects = await connection.CreateProxy<IObjectManager>(Service, ObjectPath.Root).GetManagedObjectsAsync()
                .WithinAsync(Longest, time, cancellationToken);
            var adapters = new List<BlueZAdapterFacts>();
            foreach (var (path, interfaces) in objects)
            {
                if (interfaces.TryGetValue(Adapter, out var properties))
                    adapters.Add(Read(path, properties, await MethodsAsync(connection, path, cancellationToken)));
            }

            return (new(BusState.Open, address), adapters);
        }
        catch (Exception e) when (IsAnswer(e))
        {
            return (Refusal(e), []);
        }
    }

    /// <summary>Here every failure is something found out.</summary>
    private static bool IsAnswer(Exception failure) => failure is not (OperationCanceledException or OutOfMemoryException);

    private BusFacts Refusal(Exception failure) => failure switch
    {
        TimeoutException => new(BusState.BlueZSilent, address),
        DBusException { ErrorName: "org.freedesktop.DBus.Error.AccessDenied" } denied => new(BusState.Denied, denied.ErrorMessage),
        DBusException { ErrorName: "org.freedesktop.DBus.Error.ServiceUnknown" or "org.freedesktop.DBus.Error.NameHasNoOwner" } =>
            new(BusState.NoBlueZ, address),
        DBusException { ErrorName: "org.freedesktop.DBus.Error.NoReply" } => new(BusState.BlueZSilent, address),
        _ => new(BusState.Closed, failure.Message),
    };

    /// <summary>What the object offers, as XML; null when it does not say.</summary>
    private async Task<string?> MethodsAsync(Connection connection, ObjectPath path, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.CreateProxy<IIntrospectable>(Service, path).IntrospectAsync().WithinAsync(Longest, time, cancellationToken);
        }
        catch (Exception e) when (IsAnswer(e))
        {
            return null;
        }
    }

    private static BlueZAdapterFacts Read(ObjectPath path, IDictionary<string, object> properties, string? methods) => new(
        path.ToString().Split('/')[^1],
        BluetoothAddress.TryParse(Get<string>(properties, "Address"), out var address) ? address : null,
        Get<string>(properties, "Alias") ?? "",
        Get<bool>(properties, "Powered"),
        Get<string[]>(properties, "Roles") is { } roles ? roles.Contains("central") : null,
        Get<bool>(properties, "Discovering"),
        methods?.Contains("\"ConnectDevice\"", StringComparison.Ordinal));

    private static T? Get<T>(IDictionary<string, object> properties, string name) =>
        properties.TryGetValue(name, out var value) && value is T typed ? typed : default;
}
