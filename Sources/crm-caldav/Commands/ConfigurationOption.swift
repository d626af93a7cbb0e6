import ArgumentParser

/// `--config`, which every command takes.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "The configuration file.",
            discussion: "Otherwise $CRM_CALDAV_CONFIG, .ht-caldav.conf beside the program, or "
                + "/etc/crm-caldav.conf.",
            valueName: "file"))
    var path: String?

    func load() throws(ExitCode) -> Configuration {
        do throws(ConfigurationError) {
            return try Configuration.load(from: path)
        } catch {
            throw failure(error.description, Exit.configuration)
        }
    }
}
