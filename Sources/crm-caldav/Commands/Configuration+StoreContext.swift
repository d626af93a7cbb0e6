import ArgumentParser
import CRMStore

extension Configuration {
    /// The database as the configuration describes it.
    ///
    /// - Throws: the code to end with; what is wrong, and under which key, was said.
    func storeContext() throws(ExitCode) -> StoreContext {
        do throws(StoreSettingsError) {
            return try StoreContext(settings: store)
        } catch {
            throw failure("\(error.key): \(error.reason)", Exit.configuration)
        }
    }
}
