using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Serialization;
using Dfu.Protocol.Links;

namespace Dfu.Cluster.Tests.Wire;

/// <summary>Makes values in which no member has its default, so that a member that does not travel is noticed.</summary>
internal sealed class Filler
{
    private static readonly DateTimeOffset Epoch = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);

    private int _next;

    /// <summary>The same value every time for the same type.</summary>
    public static object Of(Type type) => new Filler().Make(type);

    /// <summary>A value of every kind that a polymorphic record has.</summary>
    public static ImmutableArray<T> Kinds<T>() => [.. typeof(T).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(static kind => (T)Of(kind.DerivedType))];

    /// <summary>What is stored or sent of a value: no getters that compute.</summary>
    public static IEnumerable<PropertyInfo> Members(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(static member => member.SetMethod is not null && member.GetIndexParameters().Length == 0);

    private object Make(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        _next++;
        if (type == typeof(bool)) return true;
        if (type == typeof(string)) return $"text {_next}";
        if (type == typeof(byte[])) return new byte[] { 1, 2, (byte)_next };
        if (type == typeof(TimeSpan)) return TimeSpan.FromSeconds(_next * 1.5);
        if (type == typeof(TimeOnly)) return new TimeOnly(_next % 24, 30);
        if (type == typeof(Guid)) return new Guid(_next, 0, 0, new byte[8]);
        if (type == typeof(DateTimeOffset)) return Epoch.AddSeconds(_next);
        if (type == typeof(TimeOnly)) return new TimeOnly(_next % 24, _next % 60);
        if (type == typeof(Guid)) return new Guid(_next, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]);
        if (type == typeof(BluetoothAddress)) return new BluetoothAddress(0xC0_00_00_00_00_00ul + (ulong)_next);
        if (type.IsEnum) return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1)!;
        if (type.IsPrimitive) return Convert.ChangeType(type == typeof(double) ? _next + 0.5 : _next, type, CultureInfo.InvariantCulture);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>)) return Call(nameof(Several), type);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableHashSet<>)) return Call(nameof(Set), type);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableDictionary<,>)) return Call(nameof(Entry), type);
        return Record(type);
    }

    private object Call(string method, Type type) =>
        GetType().GetMethod(method, BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(type.GetGenericArguments()).Invoke(this, null)!;

    private ImmutableArray<T> Several<T>() => typeof(T).IsAbstract ? Kinds<T>() : [(T)Make(typeof(T)), (T)Make(typeof(T))];

    private ImmutableHashSet<T> Set<T>() => [(T)Make(typeof(T))];

    private ImmutableDictionary<TKey, TValue> Entry<TKey, TValue>()
        where TKey : notnull => ImmutableDictionary<TKey, TValue>.Empty.Add((TKey)Make(typeof(TKey)), (TValue)Make(typeof(TValue)));

    private object Record(Type type)
    {
        var constructor = type.GetConstructors()
            .Where(constructor => !constructor.GetParameters().Any(parameter => parameter.ParameterType == type))
            .MaxBy(static constructor => constructor.GetParameters().Length);
        var parameters = constructor?.GetParameters() ?? [];
        var value = constructor is null
            ? Activator.CreateInstance(type)!
            : constructor.Invoke([.. parameters.Select(parameter => Make(parameter.ParameterType))]);
        foreach (var member in Members(type))
        {
            // The version of a stored state is not free to be anything.
            if (member.Name == "Version" || parameters.Any(parameter => parameter.Name == member.Name)) continue;
            member.SetValue(value, Make(member.PropertyType));
        }

        return value;
    }
}
