using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging;

namespace Dfu.Server.Security;

/// <summary>
/// The keys that cookies are encrypted with, in files of this member that only its user reads. Members do not share them: whoever reads the cluster's
/// database could make sessions otherwise, and a cookie is for one address anyway.
/// </summary>
internal sealed class WebKeys(string folder, ILogger log) : IXmlRepository
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        if (!Directory.Exists(folder)) return [];
        var found = new List<XElement>();
        foreach (var file in Directory.GetFiles(folder, "*.xml"))
        {
            try
            {
                found.Add(XElement.Load(file));
            }
            catch (XmlException e)
            {
                log.WebKeyUnreadable(file, e.Message);
            }
        }

        return found;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnFile | UnixFileMode.UserExecute);
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.xml");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnFile;
        using (var file = new FileStream(path + ".part", options))
        {
            element.Save(file);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".part", path);
    }
}
