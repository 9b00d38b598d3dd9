export default function View() {
  return <h1>webhooks</h1>;
}
