/// The text that `crm-caldav config --print-default` writes: a file with every key, all commented
/// out, and its default.
enum ConfigurationSample {
    static var text: String {
        var lines = [
            "# Configuration of crm-caldav.",
            "#",
            "# key = value; a value with # after a space, or with spaces at its ends, stands in \"quotes\".",
            "# The environment goes over it: CRM_CALDAV_DATABASE_USER is database_user, and so on.",
        ]
        let defaults = Configuration()
        for section in ConfigurationSection.all {
            lines += ["", "", "# \(section.title)"]
            for key in section.keys {
                lines.append("")
                lines += key.summary.split(separator: "\n").enumerated().map { index, line in
                    "# \(line)\(index == key.summary.split(separator: "\n").count - 1 ? "." : "")"
                }
                let value = key.write(defaults).map { " \(quotedIfNeeded($0))" } ?? ""
                lines.append("#\(key.name) =\(value)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quotedIfNeeded(_ value: String) -> String {
        value.hasPrefix("#") || value.contains(" #") ? "\"\(value)\"" : value
    }
}
