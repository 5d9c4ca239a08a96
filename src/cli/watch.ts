export const watch = async () => 0
