using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Dfu.Structure.Tests;

/// <summary>Grains carry, and what they carry knows nothing of them.</summary>
public sealed class GrainTests
{
    private static readonly Assembly Grains = Assembly.Load("Dfu.Grains");

    private static readonly Dictionary<short, OpCode> Instructions = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!).ToDictionary(static code => code.Value);

    private static readonly Type[] Types =
        [.. Grains.GetTypes().Where(static type => type.Namespace?.StartsWith("Dfu.Grains", StringComparison.Ordinal) == true && !IsGenerated(type))];

    public static TheoryData<Type> GrainClasses() => [.. Types.Where(IsGrain)];

    [Fact]
    public void What_decides_reaches_no_Orleans()
    {
        var reached = new HashSet<string>(["Dfu.Fleet"]);
        var waiting = new Queue<string>(reached);
        while (waiting.TryDequeue(out var name))
        {
            if (name.StartsWith("System", StringComparison.Ordinal)) continue;
            foreach (var next in Assembly.Load(name).GetReferencedAssemblies())
            {
                if (reached.Add(next.Name!)) waiting.Enqueue(next.Name!);
            }
        }

        Assert.Contains("Dfu.Protocol", reached);
        Assert.DoesNotContain(reached, static name => name.Contains("Orleans", StringComparison.Ordinal));
    }

    [Fact]
    public void Beside_grains_there_is_only_what_is_a_part_of_Orleans_or_stands_behind_a_port() => Assert.DoesNotContain(
        Types, static type => !IsGrain(type) && !type.IsInterface && !IsStatic(type) && !IsOfOrleans(type) && !IsPort(type));

    [Theory]
    [MemberData(nameof(GrainClasses))]
    public void A_grain_hands_each_call_on_and_decides_nothing(Type grain)
    {
        var calls = grain.GetInterfaces().Where(IsGrainInterface).SelectMany(face => grain.GetInterfaceMap(face).TargetMethods)
            .Where(method => method.DeclaringType == grain).ToArray();
        Assert.NotEmpty(calls);
        Assert.DoesNotContain(calls, static call => call.GetCustomAttribute<AsyncStateMachineAttribute>() is not null || Branches(call));
    }

    [Theory]
    [InlineData(nameof(Decides), true)]
    [InlineData(nameof(HandsOn), false)]
    public void The_rule_finds_what_it_should(string method, bool branches) =>
        Assert.Equal(branches, Branches(typeof(GrainTests).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!));

    private static Task Decides(bool yes) => yes ? Task.CompletedTask : HandsOn(yes);

    private static Task<bool> HandsOn(bool yes) => Task.FromResult(yes);

    private static bool IsGrain(Type type) => Ancestors(type).Any(static ancestor => ancestor.FullName == "Orleans.Grain");

    private static bool IsStatic(Type type) => type is { IsAbstract: true, IsSealed: true };

    private static bool IsGrainInterface(Type face) => face.Assembly.GetName().Name!.StartsWith("Dfu.Grains", StringComparison.Ordinal)
        || face.FullName == "Orleans.IRemindable";

    /// <summary>It derives from a type of Orleans, or is one of its ways in: placement, silo lifecycle, serialized state.</summary>
    private static bool IsOfOrleans(Type type) => Ancestors(type).Concat(type.GetInterfaces())
            .Any(static other => other.Assembly.GetName().Name!.StartsWith("Orleans", StringComparison.Ordinal))
        || type.GetCustomAttributes().Any(static attribute => attribute.GetType().FullName == "Orleans.GenerateSerializerAttribute");

    private static bool IsPort(Type type) => type.GetInterfaces().Any(static face => face.Assembly.GetName().Name == "Dfu.Fleet");

    private static bool IsGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute)) || (type.DeclaringType is { } outer && IsGenerated(outer));

    private static IEnumerable<Type> Ancestors(Type type)
    {
        for (var ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType) yield return ancestor;
    }

    private static bool Branches(MethodInfo method)
    {
        var code = method.GetMethodBody()!.GetILAsByteArray()!;
        for (var at = 0; at < code.Length;)
        {
            var value = (short)code[at++];
            if (value == 0xFE) value = (short)(0xFE00 | code[at++]);
            var instruction = Instructions[value];
            if (instruction.FlowControl == FlowControl.Cond_Branch) return true;
            at += instruction.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                _ => 4,
            };
        }

        return false;
    }
}
