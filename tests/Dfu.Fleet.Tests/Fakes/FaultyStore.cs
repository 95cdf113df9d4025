using Dfu.Protocol.Errors;
using Dfu.Simulation.Storage;

namespace Dfu.Fleet.Tests.Fakes;

/// <summary>
/// A store that dies at one write, before or after it took effect, and stays dead until it is mended: what a full disk or the end of a process looks
/// like.
/// </summary>
internal sealed class FaultyStore(int dieAtWrite, bool takesEffect) : FleetStore
{
    private int _writes;
    private bool _mended;

    public bool Dead { get; private set; }

    public void Mend() => (_mended, Dead) = (true, false);

    protected override void Write(Action write)
    {
        if (_writes++ == dieAtWrite && !_mended) Dead = true;
        if (!Dead || (takesEffect && _writes == dieAtWrite + 1)) write();
        if (Dead) throw new DfuException(DfuError.DataDirectoryUnusable, "the disk is full");
    }
}
