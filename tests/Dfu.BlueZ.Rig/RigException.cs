namespace Dfu.BlueZ.Rig;

/// <summary>The rig cannot run here, or broke down; the message says why, for people.</summary>
internal sealed class RigException(string message) : Exception(message);
