using Dfu.Protocol.Errors;
using Dfu.Reports;

namespace Dfu.Server.Api.Answers;

/// <summary>Enumerations in queries, written as they are in JSON.</summary>
internal static class Words
{
    /// <returns>Null for null.</returns>
    /// <exception cref="DfuException">InvalidArgument, with those there are.</exception>
    public static T? Read<T>(string parameter, string? word)
        where T : struct, Enum
    {
        if (word is null) return null;
        foreach (var value in Enum.GetValues<T>())
        {
            if (ReportWords.CamelCase(value.ToString()) == word) return value;
        }

        throw new DfuException(DfuError.InvalidArgument, $"{parameter} cannot be '{word}'")
        {
            Remedy = $"There are {string.Join(", ", Enum.GetNames<T>().Select(ReportWords.CamelCase).Order(StringComparer.Ordinal))}.",
        };
    }
}
