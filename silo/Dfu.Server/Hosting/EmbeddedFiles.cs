using System.Collections.Frozen;
using System.Reflection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace Dfu.Server.Hosting;

/// <summary>What browsers load, out of the assembly: its resources whose names begin with <c>wwwroot/</c>.</summary>
internal sealed class EmbeddedFiles : IFileProvider
{
    private const string Root = "wwwroot/";
    private readonly FrozenDictionary<string, IFileInfo> _files;

    public EmbeddedFiles(Assembly assembly)
    {
        var file = Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.dll");
        var changed = File.GetLastWriteTimeUtc(File.Exists(file) ? file : Environment.ProcessPath!); // a build in a single file has no other
        _files = assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Root, StringComparison.Ordinal))
            .ToFrozenDictionary(static name => name[Root.Length..], name => (IFileInfo)new EmbeddedFile(assembly, name, changed));
    }

    public IFileInfo GetFileInfo(string subpath) =>
        _files.TryGetValue(subpath.TrimStart('/'), out var file) ? file : new NotFoundFileInfo(subpath);

    public IDirectoryContents GetDirectoryContents(string subpath) => NotFoundDirectoryContents.Singleton;

    public IChangeToken Watch(string filter) => NullChangeToken.Singleton;

    private sealed class EmbeddedFile(Assembly assembly, string name, DateTimeOffset changed) : IFileInfo
    {
        public bool Exists => true;

        public long Length { get; } = Open(assembly, name).Length;

        public string? PhysicalPath => null;

        public string Name => Path.GetFileName(name);

        public DateTimeOffset LastModified => changed;

        public bool IsDirectory => false;

        public Stream CreateReadStream() => Open(assembly, name);

        private static Stream Open(Assembly assembly, string name) => assembly.GetManifestResourceStream(name)!;
    }
}
