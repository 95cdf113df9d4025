namespace Dfu.Fleet.Campaigns;

/// <summary>What is answered to an operator.</summary>
/// <param name="Refused">There is nothing of the kind to be done.</param>
/// <param name="Changes">Something is to be done; else it is refused, or so already.</param>
/// <param name="Detail">What is done, or is the case, in words.</param>
public readonly record struct ControlVerdict(bool Refused, bool Changes, string Detail);
