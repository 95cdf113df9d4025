using Dfu.Protocol.Transfers;

namespace Dfu.Protocol.Errors;

/// <summary>For each <see cref="Diagnosis"/> one sentence that says what was found after a reconnect and one that says what to do about it.</summary>
public static class DiagnosisCatalog
{
    public static (string Sentence, string Remedy) Describe(Diagnosis diagnosis) => diagnosis switch
    {
        Diagnosis.Fresh => ("Nothing was confirmed before and the device holds nothing: a first start.", "Nothing to do."),
        Diagnosis.Healthy => ("The device holds exactly what was confirmed.", "Nothing: the update goes on from there."),
        Diagnosis.AcknowledgedBeforeSaved => (
            "The device is one object behind: it acknowledged the object before its flash had it.",
            "Nothing: that object is sent again."),
        Diagnosis.AcknowledgementLost => (
            "The device is ahead of what was confirmed: its last answer was lost.",
            "Nothing: the update goes on from where the device is."),
        Diagnosis.BackAtSave => ("The device is back at the last progress it saved.", "Nothing: the update goes on from there."),
        Diagnosis.SavesNothing => (
            "The init packet survived and the image did not: this bootloader saves no progress by itself.",
            "Nothing: from now on it is made to save. "
            + "A bootloader built with NRF_DFU_SAVE_PROGRESS_IN_FLASH=1 saves every object, and costs about 0.2 s for each."),
        Diagnosis.InsideObject => (
            "The device stands inside an object: it kept its memory, or saved there.",
            "Nothing: the object is created again and its checksum decides."),
        Diagnosis.Corrupt => (
            "The bytes the device holds are not those of this image.",
            "Nothing: the last object is tried again, then the image starts over once."),
        Diagnosis.OtherUpdate => (
            "The device holds another init packet, a part of one, or none.",
            "Nothing: the update starts at zero. If it happens again and again, find out who else updates this device."),
        Diagnosis.ProbablyActivated => (
            "The last step had been sent and the device holds nothing any more: it probably activated the image.",
            "Nothing: the application is listened for."),
        Diagnosis.Probe => (
            "The link was dropped on purpose, once for each kind of bootloader, to learn what it keeps.",
            "Nothing: what was learned is used for all devices of this kind."),
        Diagnosis.VerificationRestart => (
            "The device refused the image's hash although every checksum was right; the image starts over once.",
            "Nothing; if it is refused again, the device's flash is bad or the package is wrong."),
        _ => throw new ArgumentOutOfRangeException(nameof(diagnosis), diagnosis, "every diagnosis needs a sentence and a remedy here"),
    };

    /// <summary>The diagnosis as reports and JSON print it: the name with a small first letter.</summary>
    public static string Code(this Diagnosis diagnosis)
    {
        var name = diagnosis.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
