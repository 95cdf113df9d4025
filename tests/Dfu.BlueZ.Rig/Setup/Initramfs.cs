using System.Globalization;
using System.Text;

namespace Dfu.BlueZ.Rig.Setup;

/// <summary>
/// Writes what the kernel unpacks as its first root: a cpio archive in the "newc" format (kernel documentation, early-userspace/buffer-format).
/// </summary>
internal sealed class Initramfs(Stream to) : IDisposable
{
    private const int Folder = 0x41ED;
    private const int Executable = 0x81ED;
    private int _number;
    private long _written;

    public void AddFolder(string path) => Entry(path, Folder, []);

    public void AddFile(string path, byte[] content) => Entry(path, Executable, content);

    public void Dispose()
    {
        Entry("TRAILER!!!", 0, []);
        to.Dispose();
    }

    private void Entry(string path, int mode, byte[] content)
    {
        var name = Encoding.ASCII.GetBytes(path + '\0');
        // magic, inode, mode, uid, gid, links, time, size, device and special device by major and minor, length of the name, checksum
        int[] fields = [++_number, mode, 0, 0, 1, 0, content.Length, 0, 0, 0, 0, name.Length, 0];
        Write(Encoding.ASCII.GetBytes("070701" + string.Concat(fields.Select(static field => field.ToString("x8", CultureInfo.InvariantCulture)))));
        Write(name);
        Align();
        Write(content);
        Align();
    }

    private void Write(byte[] bytes)
    {
        to.Write(bytes);
        _written += bytes.Length;
    }

    private void Align() => Write(new byte[(4 - _written % 4) % 4]);
}
