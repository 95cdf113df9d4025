namespace Dfu.Protocol.Errors;

/// <summary>For each <see cref="DfuError"/> one sentence that says what happened and one that says what to do.</summary>
public static class ErrorCatalog
{
    public static (string Sentence, string Remedy) Describe(DfuError error) => error switch
    {
        DfuError.None => ("Nothing went wrong.", "Nothing to do."),

        DfuError.PackageNotFound => ("The package file does not exist or cannot be read.", "Check the path and its permissions."),
        DfuError.PackageNotAZip => (
            "The file is not a zip archive, or it is cut short or damaged.",
            "Build the package again, or copy it again and compare its size."),
        DfuError.PackageTooLarge => (
            "The package or one of its entries is larger than any nRF5 device could take.",
            "Check that this is a DFU package; an image is at most 16 MiB."),
        DfuError.PackageEntryMissing => ("A file that the manifest names is not in the package.", "Build the package again with all its parts."),
        DfuError.PackageEntryDoubled => ("An entry is in the package twice, so it is unclear which one counts.", "Build the package again."),
        DfuError.PackageEntryUnsafe => ("An entry's name points outside the package.", "Do not use this package; find out who made it."),
        DfuError.PackageManifestInvalid => (
            "manifest.json is missing, is not what a DFU manifest looks like, or names no image.",
            "Build the package with this tool or with Nordic's."),
        DfuError.InitPacketInvalid => (
            "The init packet cannot be decoded or lacks a field it must have.",
            "Build the package again; this is not a Secure DFU init packet (legacy packages of SDK 11 and older are not supported)."),
        DfuError.InitPacketTooLarge => (
            "The init packet is larger than a bootloader takes: 512 bytes, or 256 up to SDK 15.2.",
            "Build the package with fewer SoftDevice requirements or boot validations."),
        DfuError.InitPacketTypeMismatch => (
            "The init packet announces another kind of image than the manifest.",
            "Build the package again; a file was exchanged."),
        DfuError.HashMismatch => (
            "The firmware is not the one the init packet was made for: its SHA-256 differs.",
            "Build the package again; every device would refuse this one at the very end."),
        DfuError.SizeMismatch => ("The firmware's size differs from the sizes in the init packet.", "Build the package again; the binary was replaced or cut."),
        DfuError.SignatureInvalid => (
            "The init packet's signature does not fit the public key.",
            "Sign with the private key whose public half the bootloaders carry, or give the right --public-key."),
        DfuError.SignatureMissing => (
            "The init packet is not signed although a public key was given.",
            "Sign the package, or leave --public-key out for bootloaders that take unsigned ones."),
        DfuError.KeyInvalid => (
            "The key file holds no P-256 key in a form that is read.",
            "Make one with 'dfu keys generate FILE'; docs/cli.md has the forms that are read."),
        DfuError.FirmwareInvalid => (
            "The firmware file cannot be read as BIN or Intel HEX.",
            "Give the file the linker wrote; HEX records must have right checksums and may not overlap."),
        DfuError.NotADfuPackage => (
            "The file is something else than a Secure DFU package; the message says what.",
            "Give the zip that 'dfu package create' or Nordic's nrfutil made."),
        DfuError.ImageNotSupported => (
            "The package holds an external application, firmware that a device keeps for something else than itself.",
            "Send it with the tool it was made for; if it is meant for the device itself, pack it as an application."),
        DfuError.FirmwareImplausible => (
            "The firmware cannot be what it is given as.",
            "Give the right file; 'dfu package create --force' packs it all the same."),

        DfuError.LinkLost => (
            "The link dropped.",
            "Nothing: the update goes on from where the device is. Many drops mean distance or noise; see the signal strength."),
        DfuError.ConnectFailed => (
            "The connection could not be established.",
            "It is tried again; if it stays so, bring the device nearer or reset the adapter."),
        DfuError.ConnectTimeout => ("The device did not answer the connect request in time.", "It is tried again; check that the device is powered and near."),
        DfuError.AdapterFull => ("The adapter cannot hold another link.", "Lower --max-concurrency or add an adapter; the limit is learned."),
        DfuError.AdapterLost => (
            "The adapter went away or stopped working.",
            "Its devices go on with other adapters; plug it in again or look at its recovery steps."),
        DfuError.AttError => (
            "The device refused a characteristic operation.",
            "The ATT status tells why; 0xfd means notifications were off, 0x05 and 0x0f that it wants a bond."),
        DfuError.RequestTimeout => ("The device stopped answering requests.", "It is tried again over a new link; if it stays so, reset the device."),
        DfuError.NotificationsRefused => ("Notifications could not be turned on.", "It is tried again over a new link; on Linux set Cache=no in main.conf."),
        DfuError.NotADfuDevice => (
            "The device has neither a DFU control point nor a buttonless characteristic.",
            "Check the address; the application must contain buttonless DFU, or the device must be in its bootloader."),
        DfuError.ProtocolViolation => (
            "The device answered something the protocol does not allow.",
            "It is tried again over a new link; if it stays so, report the bytes."),

        DfuError.SignatureRefused => (
            "The bootloader refused the init packet's signature, or could not decode the init packet.",
            "Sign with the key pair whose public half the bootloader was built with."),
        DfuError.SignatureRequired => ("The bootloader takes signed packages only.", "Sign the package with 'dfu package create --key'."),
        DfuError.HwVersionRefused => (
            "The package is for another hardware version.",
            "Build it with the --hw-version the bootloader was built with (52 for nRF52832 and nRF52840 by default)."),
        DfuError.SoftDeviceRefused => (
            "The package does not accept the SoftDevice this device runs.",
            "Build it with --sd-req of that SoftDevice, or update the SoftDevice first."),
        DfuError.VersionRefused => (
            "The device runs this version or a newer one.",
            "Raise the version in the package, or build the bootloader without downgrade prevention."),
        DfuError.ImageDoesNotFit => ("The image does not fit into the device's flash.", "Make the image smaller; dual-bank updates need room for both images."),
        DfuError.InitPacketRefused => (
            "The bootloader could not make sense of the init packet.",
            "Build the package again; a field the bootloader needs is missing."),
        DfuError.InitPacketIncomplete => ("The bootloader got only a part of the init packet.", "It is sent again."),
        DfuError.HashTypeRefused => ("The bootloader does not know the hash type of the init packet.", "Build the package with SHA-256."),
        DfuError.SignatureTypeRefused => (
            "The bootloader does not know the signature type of the init packet.",
            "Build the package with ECDSA P-256 over SHA-256."),
        DfuError.VerificationFailed => (
            "The image the device holds has another hash than the init packet says.",
            "It was sent again from zero once; if it fails again, the device's flash is bad or the package is wrong."),
        DfuError.ObjectCorrupt => (
            "An object arrived short or with a wrong CRC again and again.",
            "It is tried again over a new link; lower --max-concurrency if many devices show it."),
        DfuError.ObjectRefused => ("The bootloader refused to create a data object.", "Report it with the log: sizes and offsets did not agree."),
        DfuError.FlashBusy => ("The bootloader's flash queue stayed full.", "It is tried again after a pause."),
        DfuError.FlashFault => ("The bootloader's flash reported a failure it never clears.", "Power-cycle the device; only a reset helps."),
        DfuError.DataPathStuck => (
            "The device answers requests but takes no data any more.",
            "It is left alone until it resets by itself (120 s), then goes on; a power cycle is quicker."),
        DfuError.OperationNotPermitted => (
            "The bootloader does not allow this step in its present state.",
            "It is tried again from a fresh look at the device."),
        DfuError.OpCodeNotSupported => (
            "The bootloader does not know a request that every Secure DFU bootloader knows.",
            "Check that this is a Nordic Secure DFU bootloader (SDK 12 or later)."),
        DfuError.DeviceRefused => (
            "The bootloader refused with a code that has no more precise meaning.",
            "The detail has the code; nrf_dfu_handling_error.h explains it."),
        DfuError.InitPacketRefusedUnexplained => (
            "The bootloader refused the init packet without saying why: bootloaders of SDK 12 give one answer for hardware, SoftDevice, version and signature.",
            "Compare all four of the package with the device: the --hw-version and the key its bootloader was built with, the SoftDevice it runs, "
            + "and that it has no newer version."),
        DfuError.ImageRefused => (
            "The bootloader received the whole image and does not take it.",
            "Give it the SoftDevice as Nordic ships it, of the device's family, and together with a bootloader if the major version changes; "
                + "an application may need --app-boot-validation ecdsa."),

        DfuError.ButtonlessRefused => ("The application refused to enter the bootloader.", "Reset the device and try again; the application may be busy."),
        DfuError.BondRequired => (
            "The device wants an encrypted link, and this adapter cannot pair.",
            "Use an adapter that can: a dongle by bluez:, or a bridge with newer software."),
        DfuError.BootloaderNotHeard => (
            "The device was sent to its bootloader and did not come up there.",
            "It is tried again; check that a bootloader is installed and the device is near."),
        DfuError.PairingRefused => (
            "The device refused to pair with the adapter.",
            "It may have a bond with this adapter that the adapter has lost: use the adapter that has it, another one, or delete the device's bonds."),
        DfuError.BondedElsewhere => (
            "The device waits in its bootloader, which takes only the adapter whose bond it was given, and that one is not here or has lost it.",
            "Bring that adapter back, or restart the device: where its application is still valid, any adapter can begin anew."),

        DfuError.NotHeard => (
            "No adapter heard the device for as long as --patience allows.",
            "Power it, bring it nearer, or check its address; then run the same command again."),
        DfuError.NoAdapter => ("No adapter was left to work with.", "Plug one in or start the bridge again; then run the same command again."),
        DfuError.ApplicationNotHeard => (
            "The device is still in its bootloader after the image was activated.",
            "The new application does not start: check its SoftDevice and its vector table."),
        DfuError.Cancelled => ("The update of this device was cancelled.", "Run the same command again, or 'dfu campaign retry', to go on."),
        DfuError.ApplicationDiffers => (
            "The bootloader accepted the image, and the application that runs now says something else of itself than was expected.",
            "Check that the package holds the firmware it should, and what was expected."),
        DfuError.ApplicationNotRead => (
            "The bootloader accepted the image, and the application could not be asked what it is, although something was expected of it.",
            "Bring the device nearer and try again; check that its application has the characteristic."),
        DfuError.Interrupted => ("The run was interrupted; everything confirmed so far is kept.", "Run the same command again to go on."),

        DfuError.InvalidArgument => ("An argument is missing or has a value that makes no sense.", "See --help of the command."),
        DfuError.AdapterNotFound => (
            "The adapter cannot be reached.",
            "Run 'dfu doctor' about a dongle; for a bridge, check its address and that it is running."),
        DfuError.AdapterInUse => ("Another process owns this adapter.", "Stop that process or use another adapter."),
        DfuError.DataDirectoryInUse => ("Another process works in this data directory.", "Wait for it, stop it, or give another --data-dir."),
        DfuError.DataDirectoryForeign => (
            "The data directory was written by another program, a preview of this one or a newer version.",
            "Give another --data-dir, or use the version that wrote it."),
        DfuError.DataDirectoryUnusable => (
            "The data directory cannot be written: no permission, no room or damaged.",
            "Free space, check permissions, or give another --data-dir; nothing confirmed is lost."),
        DfuError.CampaignConflict => (
            "Another unfinished update may have the same devices.",
            "Finish it with its own package, --only and targets, give another --data-dir, or --restart to forget it."),
        DfuError.ServerUnreachable => ("No server answers.", "Check the address or the database that was given, and that a server runs there."),
        DfuError.OutputNotWritten => (
            "A file that was asked for cannot be written.",
            "Check the folder, its permissions and its room; an update that was under way is not affected."),
        DfuError.ListenFailed => ("The address cannot be listened on.", "Take another port, or stop the process that uses this one."),
        DfuError.DatabaseUnavailable => (
            "The cluster's database cannot be reached, or it refuses.",
            "Check --connection, that the server runs, that the database exists and that the login may use it."),
        DfuError.DatabaseNotInitialized => (
            "The cluster's database has no tables of this program, or older ones.",
            "Run 'dfu db init --connection ...' once; what is there is kept."),
        DfuError.DatabaseForeign => (
            "The database holds the tables of another program or of a newer version.",
            "Give it a database of its own, or use the version that made the tables."),
        DfuError.MemberInUse => (
            "The cluster has a living member of that name.",
            "Give another --name, or stop the other one; a member that crashed does not count."),
        DfuError.CertificateInvalid => (
            "A TLS certificate, its private key or its certificate authority cannot be used.",
            "Correct the file that is named; 'dfu cluster certificates' makes a set for a trial."),
        DfuError.CertificateRefused => (
            "A member of the cluster and this program do not accept each other's certificates.",
            "Give both certificates of the same authority that are in force, by --tls-certificate, --tls-key and --tls-ca."),
        DfuError.NetworkInsecure => (
            "Others could reach this member over the network, and nothing would keep anybody out.",
            "Give it certificates (--tls-certificate, --tls-key, --tls-ca), or say --insecure-network on a network of its own."),
        DfuError.KeyRefused => (
            "The server does not take the access key, or was given none.",
            "Make one with 'dfu access create' on the server's machine, and keep it with 'dfu login'."),
        DfuError.NotAllowed => ("The access key may not do that.", "Use a key of a role that may: viewers look, operators control, admins make keys."),
        DfuError.RequestForeign => (
            "The request came from another web page, or was made to a name that is not the server's, and was refused.",
            "Open the server by its own address; a name of its own is given to 'dfu serve' by --web-name."),
        DfuError.TooManyAttempts => (
            "Too many wrong access keys came from this address.", "Wait as long as Retry-After says, and give the right key: a right one is always taken."),
        DfuError.NotFound => (
            "There is no such campaign, device, package or adapter, or not any more.",
            "List what is there; what is over is deleted after a time."),
        DfuError.PackageInUse => ("A campaign needs the package.", "Delete it when the campaign is over, or cancel that first."),
        DfuError.ChangedMeanwhile => (
            "It has changed since you looked at it, and nothing was done.",
            "Look at it again, and repeat the request with the new ETag if it still makes sense."),
        DfuError.IdempotencyKeyReused => (
            "The idempotency key was used before for another request, and nothing was done.",
            "Give each request a key of its own; repeat a request with the key and the body it had."),
        DfuError.DashboardUnavailable => (
            "The Aspire dashboard cannot be brought to this machine, or does not run on it.",
            "Do what the message says, or send telemetry to another collector by OTEL_EXPORTER_OTLP_ENDPOINT; updates need neither."),
        DfuError.Unexpected => ("Something went wrong that has no code yet.", "Please report it with the log."),
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "every code needs a sentence and a remedy here"),
    };
}
