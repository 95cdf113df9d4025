using System.Collections.Concurrent;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Dfu.Fleet.Storage;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Links;

namespace Dfu.Silo.Storage.Files;

/// <summary>Byte counts in a memory-mapped file: the kernel keeps them when the process is killed, and counting makes no system call.</summary>
/// <remarks>
/// All numbers are 64-bit in the machine's order. A header of 64 bytes: magic, then the first 16 bytes of the SHA-256 of the
/// campaign's id. Slots of 64 bytes follow: device address + 1 (0 marks a free slot), bytes sent, then a high-water mark per image.
/// </remarks>
public sealed unsafe class MappedTrafficLedger : ITrafficLedger, IDisposable
{
    private const long Magic = 0x31_4745_4C55_4644; // "DFULEG1"
    private const int SlotBytes = 64;
    private const int SlotsPerChunk = 1023;
    private const int ChunkBytes = SlotBytes * (SlotsPerChunk + 1);
    private const int MaxImages = 6;

    private readonly object _gate = new();
    private readonly FileStream _file;
    private readonly List<Chunk> _chunks = [];
    private readonly ConcurrentDictionary<BluetoothAddress, Counts> _slots = new();
    private int _used;

    private MappedTrafficLedger(FileStream file) => _file = file;

    /// <exception cref="DfuException">DataDirectoryUnusable.</exception>
    public static MappedTrafficLedger Open(string path)
    {
        try
        {
            var ledger = new MappedTrafficLedger(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
            ledger.Load();
            return ledger;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DfuException(DfuError.DataDirectoryUnusable, $"the byte counts in {path} cannot be kept: {e.Message}", e);
        }
    }

    public void Begin(string campaign)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(campaign));
        lock (_gate)
        {
            if (_chunks.Count == 0) return;
            var header = _chunks[0].Start;
            var (low, high) = (BitConverter.ToInt64(hash, 0), BitConverter.ToInt64(hash, 8));
            if (header[0] == Magic && header[1] == low && header[2] == high) return;

            // The campaign's name goes in last: a kill in between leaves a ledger that is begun again.
            header[0] = 0;
            foreach (var chunk in _chunks) new Span<byte>(chunk.Start, ChunkBytes).Clear();
            _slots.Clear();
            _used = 0;
            (header[1], header[2]) = (low, high);
            header[0] = Magic;
        }
    }

    public ITrafficSlot Slot(BluetoothAddress device)
    {
        if (_slots.TryGetValue(device, out var known)) return known;
        lock (_gate)
        {
            if (_slots.TryGetValue(device, out known)) return known;
            if (_chunks.Count == 0) return new Counts(null);
            if (_used == _chunks.Count * SlotsPerChunk) Grow();
            var start = At(_used++);
            start[0] = (long)device.Value + 1;
            return _slots[device] = new Counts(start);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var slot in _slots.Values) slot.Detach();
            foreach (var chunk in _chunks) chunk.Dispose();
            _chunks.Clear();
            _file.Dispose();
        }
    }

    private void Load()
    {
        // Whole chunks only: a file that was cut short is extended with free slots.
        var chunks = Math.Max(1, (int)((_file.Length + ChunkBytes - 1) / ChunkBytes));
        for (var i = 0; i < chunks; i++) Grow();
        if (_chunks[0].Start[0] != Magic) return;
        for (var i = 0; i < chunks * SlotsPerChunk; i++)
        {
            var start = At(i);
            if (start[0] == 0) break;
            if (start[0] - 1 is >= 0 and <= 0xFFFF_FFFF_FFFF) _slots[new((ulong)(start[0] - 1))] = new Counts(start);
            _used = i + 1;
        }
    }

    private void Grow()
    {
        var offset = (long)_chunks.Count * ChunkBytes;
        if (_file.Length < offset + ChunkBytes)
        {
            // Written, not only extended: a hole in a full disk would kill the process when it is first touched.
            _file.Position = _file.Length;
            _file.Write(new byte[offset + ChunkBytes - _file.Length]);
            _file.Flush();
        }

        _chunks.Add(new Chunk(_file, offset));
    }

    private long* At(int slot) => _chunks[slot / SlotsPerChunk].Start + ((1 + (slot % SlotsPerChunk)) * (SlotBytes / sizeof(long)));

    private sealed class Chunk : IDisposable
    {
        private readonly MemoryMappedFile _map;
        private readonly MemoryMappedViewAccessor _view;

        public Chunk(FileStream file, long offset)
        {
            _map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(offset, ChunkBytes);
            byte* start = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            Start = (long*)(start + _view.PointerOffset);
        }

        public long* Start { get; }

        public void Dispose()
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map.Dispose();
        }
    }

    /// <summary>The lock is for the end: nobody may count into memory that is being unmapped.</summary>
    private sealed class Counts(long* start) : ITrafficSlot
    {
        private readonly long[] _afterwards = new long[2 + MaxImages];
        private long* _start = start;

        public void Sent(int image, long offset, int count)
        {
            lock (_afterwards)
            {
                Word(1) += count;
                if ((uint)image >= MaxImages) return;
                ref var mark = ref Word(2 + image);
                if (offset + count > mark) mark = offset + count;
            }
        }

        public DeviceTraffic Read()
        {
            lock (_afterwards)
            {
                long distinct = 0;
                for (var i = 0; i < MaxImages; i++) distinct += Word(2 + i);
                return new(Word(1), distinct);
            }
        }

        public void AtLeast(DeviceTraffic traffic)
        {
            lock (_afterwards)
            {
                var now = Read();
                if (traffic.Distinct > now.Distinct) Word(2) += traffic.Distinct - now.Distinct;
                if (traffic.Sent > now.Sent) Word(1) += traffic.Sent - now.Sent;
            }
        }

        /// <summary>The file is about to be unmapped: who counts or reads later does it here.</summary>
        public void Detach()
        {
            lock (_afterwards)
            {
                for (var i = 0; i < _afterwards.Length; i++) _afterwards[i] = Word(i);
                _start = null;
            }
        }

        private ref long Word(int index) => ref _start == null ? ref _afterwards[index] : ref Unsafe.AsRef<long>(_start + index);
    }
}
