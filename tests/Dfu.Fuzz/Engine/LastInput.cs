using System.IO.MemoryMappedFiles;

namespace Dfu.Fuzz.Engine;

/// <summary>The input that is being run, in a file that outlives the process.</summary>
internal sealed class LastInput : IDisposable
{
    /// <summary>Exit code of a process whose input did not come to an end.</summary>
    public const int Hung = 3;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte[] _none = [];
    private long _count;
    private long _looked = -1;

    public LastInput(string path, int longest)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, sizeof(int) + Math.Max(longest, 1 << 16));
        _view = _file.CreateViewAccessor();
    }

    public static byte[] Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return bytes[sizeof(int)..(sizeof(int) + BitConverter.ToInt32(bytes))];
    }

    public void Note(byte[] input)
    {
        Interlocked.Increment(ref _count);
        _view.Write(0, input.Length);
        _view.WriteArray(sizeof(int), input, 0, input.Length);
    }

    public void Forget() => Note(_none);

    /// <summary>Ends the process when the input is the one that it was the last time.</summary>
    public void EndIfSame()
    {
        var now = Interlocked.Read(ref _count);
        if (now == _looked) Environment.Exit(Hung);
        _looked = now;
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
