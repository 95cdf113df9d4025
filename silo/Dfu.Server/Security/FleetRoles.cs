using Dfu.Fleet.AccessKeys;

namespace Dfu.Server.Security;

/// <summary>What somebody may do; each may what the one before may. They are also the names of the policies that endpoints and pages ask for.</summary>
public static class FleetRoles
{
    /// <summary>May look.</summary>
    public const string Viewer = "viewer";

    /// <summary>May start and control campaigns, and control adapters.</summary>
    public const string Operator = "operator";

    /// <summary>May make and revoke keys.</summary>
    public const string Admin = "admin";

    /// <summary>The least first.</summary>
    public static IReadOnlyList<string> All { get; } = [Viewer, Operator, Admin];

    public static string Of(AccessRole role) => All[(int)role];
}
