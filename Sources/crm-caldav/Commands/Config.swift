import ArgumentParser
import Glibc

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what can be configured, and whether the configuration is right.")

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Print a file with every key, its meaning and its default.")
    var printDefault = false

    func run() throws {
        if printDefault {
            print(ConfigurationSample.text, terminator: "")
        } else {
            let configuration = try file.load()
            print("\(configuration.file ?? "the environment"): right")
            for key in ConfigurationSection.all.flatMap(\.keys) {
                guard let value = key.write(configuration),
                    value != key.write(Configuration())
                else { continue }
                print("\(key.name) = \(key.isSecret ? "***" : value)")
            }
        }
    }
}
