/// People who may sign in.
package protocol PeopleStore: AnyObject {
    /// Those of the names that belong to somebody who may sign in.
    func people(named names: [String]) throws(StorageError) -> [UserRecord]

    /// People who may sign in and whom the query may fit, at most so many.
    func people(
        matching query: PeopleQuery, limit: Int
    ) throws(StorageError) -> [UserRecord]
}
