import CLinux

/// The program that these actions start inherits no descriptor from `first` on (posix_spawn(3)).
func closeFrom(_ first: Int32, in actions: UnsafeMutablePointer<posix_spawn_file_actions_t>) {
  _ = deploy_linux_close_from(actions, first)
}
