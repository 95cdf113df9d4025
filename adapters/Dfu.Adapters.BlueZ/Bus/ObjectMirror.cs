using System.Collections;
using Tmds.DBus;
using Properties = System.Collections.Generic.IReadOnlyDictionary<string, object>;

namespace Dfu.Adapters.BlueZ.Bus;

/// <summary>What BlueZ's objects are by what was told of them, and which changes follow from that. Not safe for threads.</summary>
internal sealed class ObjectMirror
{
    private static readonly Properties None = new Dictionary<string, object>();

    private readonly Dictionary<string, BlueZObject> _objects = new(StringComparer.Ordinal);
    private readonly List<Reading> _readings = [];

    /// <summary>Properties being read. What is told meanwhile is newer than, or the same as, what the reading will bring.</summary>
    public sealed record Reading(ObjectPath Path, string Interface)
    {
        public HashSet<string> ToldMeanwhile { get; } = new(StringComparer.Ordinal);
    }

    public static bool IsBelow(ObjectPath path, ObjectPath root)
    {
        var (text, prefix) = (path.ToString(), root.ToString());
        return prefix == "/" ? text.Length > 1 : text.Length > prefix.Length && text[prefix.Length] == '/' && text.StartsWith(prefix, StringComparison.Ordinal);
    }

    public BlueZObject? Find(ObjectPath path) => _objects.GetValueOrDefault(path.ToString());

    public IReadOnlyList<BlueZObject> Below(ObjectPath path) => [.. _objects.Values.Where(o => IsBelow(o.Path, path))];

    public IEnumerable<BlueZChange> Added(ObjectPath path, IEnumerable<KeyValuePair<string, IDictionary<string, object>>> interfaces)
    {
        var changes = new List<BlueZChange>();
        foreach (var (name, properties) in interfaces) changes.Add(Put(path, name, new Dictionary<string, object>(properties, StringComparer.Ordinal), []));
        return changes;
    }

    public IEnumerable<BlueZChange> Removed(ObjectPath path, IEnumerable<string> interfaces)
    {
        var changes = new List<BlueZChange>();
        foreach (var name in interfaces)
        {
            if (Find(path) is not { } before || !before.Has(name)) continue;
            var rest = before.Interfaces.Where(i => i.Key != name).ToDictionary(StringComparer.Ordinal);
            var after = rest.Count == 0 ? null : before with { Interfaces = rest };
            if (after is null) _objects.Remove(path.ToString());
            else _objects[path.ToString()] = after;
            changes.Add(new(path, before, after, name, []));
        }

        return changes;
    }

    /// <returns>Null when it concerns nothing that is known.</returns>
    public BlueZChange? Changed(ObjectPath path, string name, IDictionary<string, object> changed, IReadOnlyCollection<string> invalidated)
    {
        foreach (var reading in _readings.Where(r => r.Path == path && r.Interface == name))
        {
            reading.ToldMeanwhile.UnionWith(changed.Keys);
            reading.ToldMeanwhile.UnionWith(invalidated);
        }

        if (Find(path) is not { } before || !before.Has(name)) return null;
        var properties = new Dictionary<string, object>(before.Interfaces[name], StringComparer.Ordinal);
        foreach (var (property, value) in changed) properties[property] = value;
        foreach (var property in invalidated) properties.Remove(property);
        return Put(path, name, properties, [.. changed.Keys, .. invalidated]);
    }

    public Reading BeginReading(ObjectPath path, string name)
    {
        var reading = new Reading(path, name);
        _readings.Add(reading);
        return reading;
    }

    /// <param name="answer">Null when the reading failed.</param>
    /// <returns>Null when nothing is different from what was known.</returns>
    public BlueZChange? EndReading(Reading reading, IDictionary<string, object>? answer)
    {
        _readings.RemoveAll(r => ReferenceEquals(r, reading));
        if (answer is null || Find(reading.Path) is not { } before || !before.Has(reading.Interface)) return null;
        var known = before.Interfaces.GetValueOrDefault(reading.Interface, None);
        var changed = answer.Where(p => !reading.ToldMeanwhile.Contains(p.Key) && !(known.TryGetValue(p.Key, out var old) && Same(old, p.Value)))
            .ToDictionary();
        var gone = known.Keys.Where(k => !answer.ContainsKey(k) && !reading.ToldMeanwhile.Contains(k)).ToArray();
        return changed.Count + gone.Length == 0 ? null : Changed(reading.Path, reading.Interface, changed, gone);
    }

    private BlueZChange Put(ObjectPath path, string name, Properties properties, IReadOnlyCollection<string> names)
    {
        var before = Find(path);
        var interfaces = before is null ? new(StringComparer.Ordinal) : before.Interfaces.ToDictionary(StringComparer.Ordinal);
        interfaces[name] = properties;
        var after = new BlueZObject(path, interfaces);
        _objects[path.ToString()] = after;
        return new(path, before, after, name, names);
    }

    private static bool Same(object? left, object? right) => (left, right) switch
    {
        (IDictionary a, IDictionary b) => a.Count == b.Count && a.Keys.Cast<object>().All(k => b.Contains(k) && Same(a[k], b[k])),
        (Array a, Array b) => a.Length == b.Length && a.Cast<object>().Zip(b.Cast<object>()).All(static p => Same(p.First, p.Second)),
        _ => Equals(left, right),
    };
}
