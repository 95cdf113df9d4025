using Dfu.Protocol.Links;

namespace Dfu.Api;

/// <summary>
/// Where the API has what, relative to the server's address. What is named in a path is escaped here; an adapter's <c>member/adapter</c> stays two
/// segments.
/// </summary>
public static class ApiRoutes
{
    public const string Root = "/api/v1";
    public const string OpenApi = Root + "/openapi.json";

    /// <summary>GET: <see cref="ApiAbout"/>.</summary>
    public const string About = Root + "/about";

    /// <summary>
    /// GET with <c>state</c>, <c>name</c>, <c>standing</c>, <c>cursor</c>, <c>limit</c>: <see cref="ApiPage{T}"/> of <see cref="ApiCampaign"/>, newest first.
    /// POST an <see cref="ApiCampaignOrder"/>: <see cref="ApiCampaignStarted"/>.
    /// </summary>
    public const string Campaigns = Root + "/campaigns";

    /// <summary>
    /// GET with <c>find</c>, <c>campaign</c>, <c>cursor</c>, <c>limit</c>: <see cref="ApiPage{T}"/> of <see cref="Fleet.Access.CampaignDevice"/>.
    /// </summary>
    public const string Devices = Root + "/devices";

    /// <summary>GET: <see cref="ApiPage{T}"/> of <see cref="ApiPackageEntry"/>, last needed first. POST a zip file: <see cref="ApiPackage"/>.</summary>
    public const string Packages = Root + "/packages";

    /// <summary>GET: <see cref="ApiPage{T}"/> of <see cref="Fleet.Adapters.AdapterView"/>, always whole.</summary>
    public const string Adapters = Root + "/adapters";

    /// <summary>GET with <c>name</c>, <c>mode</c>, <c>limit</c>: <see cref="Fleet.Access.HeardAir"/>.</summary>
    public const string Heard = Root + "/heard";

    /// <summary>GET with Last-Event-ID: a stream of <see cref="Api.Events.FleetUpdate"/>.</summary>
    public const string Events = Root + "/events";

    /// <summary>GET: <see cref="ApiPage{T}"/> of <see cref="Fleet.Campaigns.ClassState"/>, always whole.</summary>
    public const string Classes = Root + "/classes";

    /// <summary>GET with <c>subject</c>, <c>cursor</c>, <c>limit</c>: <see cref="ApiPage{T}"/> of <see cref="Fleet.Audit.AuditEntry"/>, newest first.</summary>
    public const string Audit = Root + "/audit";

    /// <summary>
    /// For admins. GET: <see cref="ApiPage{T}"/> of <see cref="Fleet.AccessKeys.AccessKey"/>, always whole. POST an <see cref="ApiKeyOrder"/>:
    /// <see cref="ApiNewKey"/>.
    /// </summary>
    public const string Keys = Root + "/keys";

    /// <summary>GET: <see cref="ApiCaller"/>, who the one who asks is here.</summary>
    public const string Me = Root + "/me";

    /// <summary>GET: <see cref="Fleet.Campaigns.CampaignStanding"/>.</summary>
    public static string Campaign(string campaign) => $"{Campaigns}/{Uri.EscapeDataString(campaign)}";

    /// <summary>GET with Last-Event-ID: a stream of <see cref="Api.Events.CampaignUpdate"/>.</summary>
    public static string EventsOf(string campaign) => $"{Campaign(campaign)}/events";

    /// <summary>GET: <see cref="Fleet.Campaigns.CampaignView"/>.</summary>
    public static string View(string campaign) => $"{Campaign(campaign)}/view";

    /// <summary>
    /// GET with <c>state</c>, <c>find</c>, <c>cursor</c>, <c>limit</c>: <see cref="ApiPage{T}"/> of <see cref="Fleet.Devices.DeviceView"/>, in the
    /// campaign's order.
    /// </summary>
    public static string Units(string campaign) => $"{Campaign(campaign)}/units";

    /// <summary>POST an <see cref="ApiCampaignControl"/>: <see cref="ApiDone"/>.</summary>
    public static string Control(string campaign) => $"{Campaign(campaign)}/control";

    /// <summary>GET: a file.</summary>
    /// <param name="form"><c>csv</c>, <c>json</c>, <c>junit</c> or <c>html</c>.</param>
    public static string Report(string campaign, string form) => $"{Campaign(campaign)}/report/{form}";

    /// <summary>GET: <see cref="ApiPackage"/>. DELETE: nothing.</summary>
    /// <param name="package">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
    public static string Package(string package) => $"{Packages}/{Uri.EscapeDataString(package)}";

    /// <summary>GET: the zip file.</summary>
    public static string PackageFile(string package) => $"{Package(package)}/file";

    /// <summary>GET: <see cref="ApiDevice"/>.</summary>
    /// <param name="device">Either address, or its serial number or label in one of the last campaigns.</param>
    public static string Device(string device) => $"{Devices}/{Uri.EscapeDataString(device)}";

    /// <inheritdoc cref="Device(string)"/>
    public static string Device(BluetoothAddress device) => Device(device.ToString());

    /// <summary>GET: <see cref="ApiPage{T}"/> of <see cref="Fleet.Storage.HistoryEntry"/>, oldest first, always whole: at most 200 are kept.</summary>
    public static string History(string device) => $"{Device(device)}/history";

    /// <summary>GET: <see cref="ApiAdapter"/>. POST an <see cref="ApiAdapterControl"/>: <see cref="ApiDone"/>.</summary>
    /// <param name="adapter">As the list names it: <c>member/adapter</c>.</param>
    public static string Adapter(string adapter) => $"{Adapters}/{string.Join('/', adapter.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>For admins. DELETE: <see cref="ApiDone"/>; the key opens nothing any more.</summary>
    /// <param name="key">Its id or name.</param>
    public static string Key(string key) => $"{Keys}/{Uri.EscapeDataString(key)}";
}
