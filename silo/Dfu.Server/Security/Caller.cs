using System.Globalization;
using System.Security.Claims;
using Dfu.Fleet.AccessKeys;

namespace Dfu.Server.Security;

/// <summary>Who asks: the user of this machine, or the holder of a key.</summary>
internal static class Caller
{
    private const string KeyClaim = "dfu:key";
    private const string EndClaim = "dfu:end";

    /// <summary>Who sits at this machine may do everything.</summary>
    public static ClaimsPrincipal Local { get; } = Principal($"{Environment.UserName}@{Environment.MachineName} (web)", FleetRoles.Admin);

    /// <summary>The id is part of the name, so that no name can pass for somebody else's in the audit.</summary>
    public static ClaimsPrincipal Of(AccessKey key)
    {
        var claims = new List<Claim> { new(KeyClaim, key.Id) };
        if (key.ExpiresAt is { } end) claims.Add(new(EndClaim, end.ToString("O", CultureInfo.InvariantCulture)));
        return Principal($"{key.Name} (key {key.Id})", FleetRoles.Of(key.Role), [.. claims]);
    }

    /// <summary>Null for who needs no key.</summary>
    public static string? KeyOf(ClaimsPrincipal user) => user.FindFirst(KeyClaim)?.Value;

    /// <summary>When the key expires; null is never.</summary>
    public static DateTimeOffset? EndOf(ClaimsPrincipal user) =>
        user.FindFirst(EndClaim) is { } end ? DateTimeOffset.Parse(end.Value, CultureInfo.InvariantCulture) : null;

    public static AccessRole RoleOf(ClaimsPrincipal user) => Enum.GetValues<AccessRole>().Last(role => user.IsInRole(FleetRoles.Of(role)));

    private static ClaimsPrincipal Principal(string name, string role, params Claim[] more) =>
        new(new ClaimsIdentity([new(ClaimTypes.Name, name), new(ClaimTypes.Role, role), .. more], AccessHandler.Scheme));
}
