import ArgumentParser
import CRMStore
import CalDAV

struct User: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Users and their passwords.",
        subcommands: [Hash.self, Try.self])

    struct Hash: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a password hash for an account that is made by hand.",
            discussion: """
                Asks for the password, or reads a line of standard input, and prints what goes into \
                the password column: a bcrypt hash, as PHP's password_hash() makes it.
                """)

        @Option(help: "The hash costs 2 to this power rounds.")
        var cost: UInt = 12

        func validate() throws {
            guard (4...16).contains(cost) else {
                throw ValidationError("--cost has to be from 4 to 16")
            }
        }

        func run() throws {
            guard let password = PasswordPrompt.read("Password: ") else {
                throw failure("no password was given", Exit.usage)
            }
            guard let hash = PasswordHash.make(of: password, cost: cost) else {
                throw failure("a password may have at most 72 bytes, none of them NUL", Exit.usage)
            }
            print(hash)
        }
    }

    struct Try: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Tells whether a user would get in, and if not, why.",
            discussion: "Asks for the password, or reads a line of standard input.")

        @OptionGroup var file: ConfigurationOption

        @Argument(help: "The user name, as typed into a client.")
        var name: String

        func run() throws {
            let configuration = try file.load()
            let outcome = try SignInTrial(configuration).outcome(
                of: name, password: PasswordPrompt.read("Password of \(name): "))
            print(outcome.sentence)
            guard outcome.isAccepted else { throw ExitCode(1) }
        }
    }
}

/// One sign-in as a client would make it, with the reason that a client is never told.
struct SignInTrial {
    private let context: StoreContext
    private let configuration: Configuration

    init(_ configuration: Configuration) throws(ExitCode) {
        self.configuration = configuration
        context = try configuration.storeContext()
    }

    struct Outcome {
        let isAccepted: Bool
        let sentence: String
    }

    func outcome(of name: String, password: [UInt8]?) throws(ExitCode) -> Outcome {
        let users = configuration.store.users
        do throws(StorageError) {
            let opening = try Store(context: context)
                .open(.root, signingIn: name, content: false)
            guard let user = opening.user else {
                let condition = users.condition.map { " for which \($0)" } ?? ""
                return Outcome(
                    isAccepted: false,
                    sentence: "\(users.table) has no row with \(users.nameColumn) = '\(name)'"
                        + condition)
            }
            guard PasswordHash.isVerifiable(user.passwordHash) else {
                return Outcome(
                    isAccepted: false,
                    sentence: "\(user.name): \(users.passwordColumn) holds no hash that is known "
                        + "here (bcrypt, argon2, crypt)")
            }
            guard let password else {
                return Outcome(isAccepted: true, sentence: "\(user.name) is there, with a password")
            }
            let isRight = PasswordHash.verify(password, against: user.passwordHash)
            return Outcome(
                isAccepted: isRight,
                sentence: "\(user.name): the password is \(isRight ? "right" : "wrong")")
        } catch {
            throw failure(error.reason, Exit.database)
        }
    }
}
