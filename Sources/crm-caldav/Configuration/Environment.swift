// `environ` is a mutable global, which Swift would not let us read otherwise. It is read once, before
// any thread starts.
@preconcurrency import Glibc

/// The process's environment.
struct Environment {
    /// Set by the supervisor for the processes it starts.
    static let workerVariable = "CRM_CALDAV_WORKER"
    static let fileVariable = "CRM_CALDAV_CONFIG"
    /// Says to this project's tests where calendar files are; they run the program with it.
    private static let testVariable = "CRM_CALDAV_SHARED"

    let variables: [(name: String, value: String)]

    static var current: Environment {
        var all: [(name: String, value: String)] = []
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                all.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
            }
            pointer += 1
        }
        return Environment(variables: all)
    }

    subscript(name: String) -> String? { variables.first { $0.name == name }?.value }

    /// Those that stand for configuration keys: `CRM_CALDAV_DATABASE_USER` is `database_user`.
    var keys: [(variable: String, key: String, value: String)] {
        variables.compactMap { name, value in
            guard name.hasPrefix("CRM_CALDAV_"), !name.hasPrefix("CRM_CALDAV_TEST_"),
                ![Self.workerVariable, Self.fileVariable, Self.testVariable].contains(name)
            else { return nil }
            return (name, name.dropFirst("CRM_CALDAV_".count).lowercased(), value)
        }
    }
}
