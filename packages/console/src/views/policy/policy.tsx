export default function View() {
  return <h1>policy</h1>;
}
